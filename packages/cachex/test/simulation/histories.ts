import { hashKey, partitionOf } from '@cachex/router/hash';
import { checkLinearizability, History, type Model, type Settle } from '../../src/testing/index.ts';

/** Keys that several clients read and write at a time: their histories are recorded, and judged when all is over. */
export class Histories {
  readonly #history: History;
  readonly #models: ReadonlyMap<number, Model>;
  readonly #partitions: number;
  readonly #losses = new Map<string, Settle[]>();

  constructor(clock: { now(): number }, models: ReadonlyMap<number, Model>, partitions: number) {
    this.#history = new History(clock);
    this.#models = models;
    this.#partitions = partitions;
  }

  get keys(): Iterable<number> {
    return this.#models.keys();
  }

  invoke(client: string | number, key: number, action: string, args: readonly unknown[] = []): Settle {
    return this.#history.invoke({ client, key, action, args });
  }

  /** The entries of a partition that is owned by a dead node will be gone once that is buried, or are so before. */
  mayBeLost(owner: string, partition: number): void {
    const losses = this.#losses.get(owner) ?? [];
    this.#losses.set(owner, losses);
    for (const key of this.#models.keys()) {
      if (partitionOf(hashKey(key), this.#partitions) === partition)
        losses.push(this.invoke(owner, key, 'lose'));
    }
  }

  /** A dead node is buried: what it held must never be read again. */
  lost(owner: string): void {
    for (const settle of this.#losses.get(owner) ?? []) settle('ok');
    this.#losses.delete(owner);
  }

  /** What is wrong with the histories. */
  judge(): string[] {
    return [...this.#models].flatMap(([key, model]) => {
      const operations = this.#history.operations.filter((operation) => operation.key === key);
      const found = checkLinearizability(model, operations);
      return found.verdict === 'linearizable' ? [] : [found.message];
    });
  }
}
