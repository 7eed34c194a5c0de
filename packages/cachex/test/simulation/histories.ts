import { hashKey, partitionOf } from '@cachex/router/hash';
import { checkLinearizability, History, type Model, type Settle } from '../../src/testing/index.ts';

/** Keys that several clients read and write at a time: their histories are recorded, and judged when all is over. */
export class Histories {
  readonly #history: History;
  readonly #models: ReadonlyMap<number, Model>;
  readonly #partitions: number;
  /** By partition. */
  readonly #losses = new Map<number, Settle[]>();

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

  /** The entries of a partition may be gone from now on. */
  mayBeLost(partition: number): void {
    const losses = this.#losses.get(partition) ?? [];
    this.#losses.set(partition, losses);
    for (const key of this.#models.keys()) {
      if (partitionOf(hashKey(key), this.#partitions) === partition)
        losses.push(this.invoke(`loss ${losses.length} of ${partition}`, key, 'lose'));
    }
  }

  /** They are gone: what was there must never be read again. */
  lost(partition: number): void {
    if (!this.#losses.has(partition)) this.mayBeLost(partition);
    for (const settle of this.#losses.get(partition) ?? []) settle('ok');
    this.#losses.delete(partition);
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
