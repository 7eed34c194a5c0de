import type { CallerAction, CallOptions, Mode } from '../action.ts';
import { abortSignal, callback, optionsParameter, pathParameter } from '../parameters.ts';
import type { CheckedDiskOptions, DiskOptions } from './dump.ts';

export interface Load<M extends Mode> {
  /**
   * Stores the entries of a file that `dump` wrote, in a cluster at the owners of their keys, and answers how many. What is
   * there under the same keys is overwritten, everything else stays. The time since the dump is taken off what was left of
   * each entry's time; those that have expired are left out.
   *
   * The whole file is verified before anything is stored. One that is truncated, damaged, or something else: `INVALID_DUMP`, with
   * the `offset` of the damage. Rejects also with what the file system says. In a cluster `timeout` is the longest wait for one
   * batch.
   */
  load(path: string, options?: DiskOptions & CallOptions[M]): Promise<number>;
  /** Another name of `load`. */
  restore(path: string, options?: DiskOptions & CallOptions[M]): Promise<number>;
}

export const load: CallerAction<[path: string, options: CheckedDiskOptions | undefined], Promise<number>> = {
  name: 'load',
  aliases: ['restore'],
  effect: 'write',
  repeatable: false,
  route: { kind: 'caller' },
  parameters: [
    pathParameter,
    optionsParameter<CheckedDiskOptions>({ onProgress: callback, signal: abortSignal }),
  ],
  result: 'plain',
  answers: 'promise',
  async execute(engine, _cache, path, options) {
    options?.signal?.throwIfAborted();
    // Loaded when it is needed: a cache in memory does without.
    const { loadLocal } = await import('../disk/local.ts');
    return loadLocal(engine, path, options);
  },
};
