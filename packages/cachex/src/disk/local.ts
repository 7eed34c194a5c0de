import { Codec, type Encoded } from '@cachex/router';
import { hashKey } from '@cachex/router/hash';
import { describe } from '../describe.ts';
import { CacheError, type CacheErrorCode } from '../errors.ts';
import type { Engine } from '../local/engine.ts';
import { walk } from '../local/walk.ts';
import { type Traits, traitsOf } from '../portable.ts';
import { loadDump } from './load-dump.ts';
import { nodeFiles } from './node-files.ts';
import { type DumpChunk, type Progress, writeDump } from './write-dump.ts';

/** What the user may say of a dump or a load. */
export interface DiskOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: Progress | undefined;
}

const entriesAtATime = 256;

/** Dumps a cache of this process. */
export function dumpLocal(engine: Engine, path: string, options: DiskOptions = {}): Promise<number> {
  const { clock, files = nodeFiles, name } = engine;
  const codec = new Codec();
  const { signal, onProgress } = options;
  return writeDump(chunksOf(engine, codec), { files, path, cache: name, clock, codec, signal, onProgress });
}

/** Loads a dump into a cache of this process. */
export function loadLocal(engine: Engine, path: string, options: DiskOptions = {}): Promise<number> {
  const { clock, files = nodeFiles } = engine;
  const codec = new Codec();
  return loadDump({
    files,
    path,
    clock,
    codec,
    largestValue: Number.POSITIVE_INFINITY,
    signal: options.signal,
    onProgress: options.onProgress,
    store(traits, values) {
      engine.refuseClosed();
      for (const [n, each] of traits.entries()) {
        engine.restore(hashKey(each[0]), engine.hold(codec.decode(values[n]!)), each);
        engine.statistics?.add('writes');
      }
    },
  });
}

/** The entries that this process has, as they go into a file. */
export async function* chunksOf(engine: Engine, codec: Codec): AsyncGenerator<DumpChunk> {
  const { clock } = engine;
  let traits: Traits[] = [];
  let values: Encoded[] = [];
  let at = clock.now();
  for (const entry of walk(engine)) {
    if (traits.length === 0) at = clock.now();
    traits.push(traitsOf(entry, at));
    values.push(encoded(codec, entry.key, engine.open(entry.value)));
    if (traits.length < entriesAtATime) continue;
    yield { traits, values, at };
    [traits, values] = [[], []];
  }
  if (traits.length > 0) yield { traits, values, at };
}

/** A value as it goes into a file. One that cannot is told with its key. */
export function encoded(codec: Codec, key: unknown, value: unknown): Encoded {
  try {
    return codec.encode(value);
  } catch (cause) {
    const { code, message } = cause as Error & { code: CacheErrorCode };
    throw new CacheError(code, `the entry of ${describe(key)}: ${message}`, { cause });
  }
}
