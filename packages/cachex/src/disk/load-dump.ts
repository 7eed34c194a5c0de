import type { Clock, Codec, Encoded } from '@cachex/router';
import { describe } from '../describe.ts';
import { CacheError } from '../errors.ts';
import { aged, type Traits } from '../portable.ts';
import type { Files, StoredFile } from './files.ts';
import { DumpReader } from './read-dump.ts';
import type { Progress } from './write-dump.ts';

export interface LoadOptions {
  readonly files: Files;
  readonly path: string;
  readonly clock: Clock;
  readonly codec: Codec;
  /** How many bytes a value may have. */
  readonly largestValue: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: Progress | undefined;
  /** Stores some entries. */
  store(traits: readonly Traits[], values: readonly Encoded[]): Promise<void> | void;
}

/** Verifies a dump from its first to its last byte, and then stores its entries that still live; answers how many. */
export async function loadDump(options: LoadOptions): Promise<number> {
  const { files, path, signal } = options;
  const file = await files.open(path);
  try {
    await verify(file, options);
    signal?.throwIfAborted();
    return await store(file, options);
  } finally {
    await file.close();
  }
}

async function verify(file: StoredFile, { path, codec, largestValue, signal }: LoadOptions): Promise<void> {
  const reader = new DumpReader(file, path, codec);
  await reader.metadata();
  for await (const { offset, traits, values } of reader.blocks()) {
    signal?.throwIfAborted();
    for (const [n, value] of values.entries()) {
      const { length } = value;
      if (length > largestValue) {
        const message = `${path}: the value of ${describe(traits[n]![0])} has ${length} bytes, over the limit of ${largestValue}: raise limits.frame on every node`;
        throw new CacheError('TOO_LARGE', message);
      }
      try {
        codec.decode(value);
      } catch (cause) {
        const message = `${path}: the value of ${describe(traits[n]![0])} cannot be read, at byte ${offset}`;
        throw Object.assign(new CacheError('INVALID_DUMP', message, { cause }), { offset });
      }
    }
  }
}

async function store(file: StoredFile, options: LoadOptions): Promise<number> {
  const { path, codec, clock, signal, onProgress } = options;
  const reader = new DumpReader(file, path, codec);
  const { created } = await reader.metadata();
  // A clock that was set back does not make entries live longer than they would have.
  const passed = Math.max(0, clock.wallTime() - created);
  const began = clock.now();
  let stored = 0;
  for await (const block of reader.blocks()) {
    const traits: Traits[] = [];
    const values: Encoded[] = [];
    const elapsed = passed + (clock.now() - began);
    for (const [n, each] of block.traits.entries()) {
      const now = aged(each, elapsed);
      if (now === undefined) continue;
      traits.push(now);
      values.push(block.values[n]!);
    }
    await options.store(traits, values);
    stored += traits.length;
    await onProgress?.(stored, block.end);
    signal?.throwIfAborted();
  }
  return stored;
}
