import type { Encoded } from './encoded.ts';
import { identityOf, type Key } from './hash.ts';
import type { Replica } from './services.ts';

/** What one key has; without a state, that it has none any more. */
type KeyRecord = readonly [key: Key, state?: Encoded];

type States = Map<ReturnType<typeof identityOf>, readonly [key: Key, state: Encoded]>;

/** The smallest replica there is: one encoded state a key. */
export class KeyedReplica implements Replica {
  readonly #served = new Map<number, States>();
  readonly #copies = new Map<number, States>();

  /** The state of a key in a partition of this node. */
  get(partition: number, key: Key): Encoded | undefined {
    return this.#served.get(partition)?.get(identityOf(key))?.[1];
  }

  /** Sets the state of a key, or takes it away; answers what copies of the partition must be told. */
  set(partition: number, key: Key, state: Encoded | undefined): KeyRecord {
    const record: KeyRecord = state === undefined ? [key] : [key, state];
    apply(this.#served, partition, record);
    return record;
  }

  *snapshot(partition: number): Iterable<KeyRecord> {
    yield* this.#served.get(partition)?.values() ?? [];
  }

  stage(partition: number, record: readonly unknown[]): void {
    apply(this.#copies, partition, record as KeyRecord);
  }

  promote(partition: number): void {
    hand(this.#copies, this.#served, partition);
  }

  demote(partition: number): void {
    hand(this.#served, this.#copies, partition);
  }

  discard(partition: number): void {
    this.#copies.delete(partition);
  }

  drop(partition: number): void {
    this.#served.delete(partition);
  }
}

function apply(side: Map<number, States>, partition: number, [key, state]: KeyRecord): void {
  const states: States = side.get(partition) ?? new Map();
  if (state === undefined) states.delete(identityOf(key));
  else states.set(identityOf(key), [key, state]);
  if (states.size === 0) side.delete(partition);
  else side.set(partition, states);
}

/** Whatever the receiving side had is over. */
function hand(from: Map<number, States>, to: Map<number, States>, partition: number): void {
  const states = from.get(partition);
  from.delete(partition);
  if (states === undefined) to.delete(partition);
  else to.set(partition, states);
}
