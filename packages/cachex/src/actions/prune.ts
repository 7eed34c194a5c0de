import type { CallOptions, MergedAction, Mode, Partitions, Reply } from '../action.ts';
import { describe } from '../describe.ts';
import { CacheError } from '../errors.ts';
import type { Engine } from '../local/engine.ts';
import { none, type Slot } from '../local/store.ts';
import { sum } from '../merge.ts';
import { optionsParameter, type Parameter, share } from '../parameters.ts';

/** Options of `prune`. */
export interface PruneOptions {
  /**
   * From 0 to 1: how much room to make beyond what is needed, as a share of `size`, so that the next entries do not need
   * another `prune` at once. Default: 0.1.
   */
  reclaim?: number;
}

export interface Prune<M extends Mode> {
  /**
   * If there are more than `size` entries in memory, removes those that have expired, and then those whose last write (or
   * `touch`) is longest ago, until `size * (1 - reclaim)` are left. Answers how many entries were removed. The event
   * `evicted` tells of each that had not expired.
   *
   * In a cluster `size` is what each node may hold, backups not counted, and the answer is the sum. Fails with
   * `INVALID_OPTION`, `PARTIAL_RESULT`, `TIMEOUT` or `UNKNOWN_OUTCOME`.
   */
  prune(size: number, options?: PruneOptions & CallOptions[M]): Reply<M, number>;
}

const size: Parameter<number> = {
  kind: 'plain',
  check(input) {
    if (Number.isSafeInteger(input) && (input as number) >= 0) return input as number;
    throw new CacheError('INVALID_OPTION', `size: ${describe(input)} is not an integer from 0`);
  },
};

export const prune: MergedAction<[size: number, options: PruneOptions | undefined], number> = {
  name: 'prune',
  effect: 'write',
  repeatable: false,
  route: { kind: 'merged', merge: sum },
  parameters: [size, optionsParameter<PruneOptions>({ reclaim: share })],
  result: 'plain',
  execute(engine, partitions, most, { reclaim = 0.1 } = {}) {
    const { store } = engine;
    if (store.length <= most) return 0;
    let removed = 0;
    for (const partition of partitions) removed += engine.purge(partition);
    const surplus = store.length - Math.floor(most * (1 - reclaim));
    for (const { slot, version } of longestUnwritten(engine, partitions, surplus)) {
      // Whoever was told of one may have removed or replaced another.
      if (!store.holds(slot) || store.version(slot) !== version) continue;
      engine.evict(slot);
      removed += 1;
    }
    return removed;
  },
};

/** Where an entry is, and which value it has there. */
interface Victim {
  readonly slot: Slot;
  readonly version: number;
}

/**
 * The `count` entries whose last write is longest ago. Instants are sorted as numbers, which takes a fraction of the time
 * that sorting entries does; only the entries of the last instant are compared, by the order of their writes.
 */
function longestUnwritten({ store }: Engine, partitions: Partitions, count: number): Victim[] {
  if (count <= 0) return [];
  const entries: Victim[] = [];
  for (const partition of partitions)
    for (let slot = store.first(partition); slot !== none; slot = store.next(slot))
      entries.push({ slot, version: store.version(slot) });
  if (count >= entries.length) return entries;
  const last = Float64Array.from(entries, ({ slot }) => store.modified(slot)).sort()[count - 1]!;
  const chosen = entries.filter(({ slot }) => store.modified(slot) < last);
  const ties = entries
    .filter(({ slot }) => store.modified(slot) === last)
    .sort((one, other) => one.version - other.version || one.slot - other.slot);
  return chosen.concat(ties.slice(0, count - chosen.length));
}
