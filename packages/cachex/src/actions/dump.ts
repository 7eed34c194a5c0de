import type { CallerAction, CallOptions, Mode } from '../action.ts';
import type { Progress } from '../disk/write-dump.ts';
import { abortSignal, callback, optionsParameter, pathParameter } from '../parameters.ts';

/** Options of `dump` and `load`. */
export interface DiskOptions {
  /** Called now and then with how many entries, and bytes of the file, are done. What it throws ends the work. */
  onProgress?: (entries: number, bytes: number) => unknown;
  /** Rejects with the signal's reason when it aborts. */
  signal?: AbortSignal;
}

/** The same, checked. */
export interface CheckedDiskOptions {
  onProgress?: Progress;
  signal?: AbortSignal;
}

export interface Dump<M extends Mode> {
  /**
   * Writes all live entries into one file on the disk of this process, in a cluster those of every node, and answers how many.
   * It is compressed, and every byte of it is covered by a checksum. It is written beside `path`, and takes its place when it
   * is complete: whatever happens, at `path` there is the earlier file or the new one. Entries are streamed, never all in
   * memory at once; each that lives throughout is written once, with what is left of its time. See `load`.
   *
   * Rejects with `NOT_SERIALIZABLE` for a value that is not plain data, naming its key, and with what the file system says. In
   * a cluster `timeout` is the longest wait for one chunk; `PARTIAL_RESULT` if entries cannot be reached. `{ local: true }`: this
   * node's share.
   */
  dump(path: string, options?: DiskOptions & CallOptions[M]): Promise<number>;
  /** Another name of `dump`. */
  save(path: string, options?: DiskOptions & CallOptions[M]): Promise<number>;
}

export const dump: CallerAction<[path: string, options: CheckedDiskOptions | undefined], Promise<number>> = {
  name: 'dump',
  aliases: ['save'],
  effect: 'read',
  repeatable: true,
  route: { kind: 'caller', everything: true },
  parameters: [
    pathParameter,
    optionsParameter<CheckedDiskOptions>({ onProgress: callback, signal: abortSignal }),
  ],
  result: 'plain',
  answers: 'promise',
  async execute(engine, _cache, path, options) {
    options?.signal?.throwIfAborted();
    // Loaded when it is needed: a cache in memory does without.
    const { dumpLocal } = await import('../disk/local.ts');
    return dumpLocal(engine, path, options);
  },
};
