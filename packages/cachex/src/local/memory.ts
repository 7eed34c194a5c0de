import type { Engine } from './engine.ts';
import { estimateSize } from './size.ts';
import { none, type Slot } from './store.ts';

/** Above so many entries only about as many are looked at, and the rest are taken to be like them. */
const sampleSize = 10_000;

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
    for (let slot = store.first(partition); slot !== none; slot = store.next(slot)) {
      number += 1;
      if (number % every !== 0) continue;
      seen += 1;
      bytes += bytesOf(engine, slot);
    }
  }
  return seen === 0 ? 0 : store.bytes + Math.round((bytes / seen) * number);
}

function bytesOf({ values, store }: Engine, slot: Slot): number {
  const held = store.value(slot);
  return estimateSize(store.key(slot)) + (values.size?.(held) ?? estimateSize(held));
}
