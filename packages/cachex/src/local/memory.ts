import type { Key } from '@cachex/router/hash';
import type { Engine } from './engine.ts';
import type { Entry } from './store.ts';

/** What an entry takes beside its key and its value: the record, its place in a map, and its numbers. */
const entryBytes = 200;
/** Above so many entries only about as many are looked at, and the rest are taken to be like them. */
const sampleSize = 10_000;
/** How far into a value an estimate looks. */
const deepest = 8;
const mostParts = 1_000;

/**
 * About how many bytes the entries of an engine take. It is an estimate: of what is held by reference nobody knows what
 * else refers to it.
 */
export function memoryOf(engine: Engine): number {
  const { store, partitions } = engine;
  const every = Math.max(1, Math.ceil(store.length / sampleSize));
  let number = 0;
  let seen = 0;
  let bytes = 0;
  for (const partition of partitions) {
    for (const entry of store.entries(partition)) {
      number += 1;
      if (number % every !== 0) continue;
      seen += 1;
      bytes += bytesOf(engine, entry);
    }
  }
  return seen === 0 ? 0 : Math.round((bytes / seen) * number);
}

function bytesOf({ values }: Engine, { key, value }: Entry): number {
  return entryBytes + sizeOfKey(key) + (values.size?.(value) ?? estimateSize(value));
}

function sizeOfKey(key: Key): number {
  return estimateSize(key);
}

/** About how many bytes a value takes. */
export function estimateSize(value: unknown): number {
  const seen = new Set<object>();
  const size = (part: unknown, depth: number): number => {
    switch (typeof part) {
      case 'string':
        return 16 + 2 * part.length;
      case 'number':
      case 'boolean':
      case 'undefined':
        return 8;
      case 'bigint':
        return 16 + Math.ceil(part.toString(16).length / 2);
      case 'object':
        break;
      default:
        return 16;
    }
    if (part === null || seen.has(part)) return 8;
    if (ArrayBuffer.isView(part) || part instanceof ArrayBuffer) return 64 + part.byteLength;
    if (depth >= deepest || seen.size >= mostParts) return 32;
    seen.add(part);
    let total = 32;
    if (part instanceof Map) {
      for (const [key, member] of part) total += 16 + size(key, depth + 1) + size(member, depth + 1);
    } else if (part instanceof Set || Array.isArray(part)) {
      for (const member of part) total += 8 + size(member, depth + 1);
    } else {
      for (const member of Object.values(part)) total += 16 + size(member, depth + 1);
    }
    return total;
  };
  return size(value, 0);
}
