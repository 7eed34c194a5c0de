import type { Candidate, Key } from './candidate.ts';
import { freshKey } from './keys.ts';

const size = 500;

/**
 * Refuses a candidate that does not do what is timed: put, get, miss, overwrite, evict, and expire. `pass` lets time pass,
 * in ms.
 */
export async function verify(candidate: Candidate, pass: (ms: number) => Promise<unknown>): Promise<void> {
  await verifyOperations(candidate, freshKey);
  if (candidate.onlyStrings !== true) await verifyOperations(candidate, (id) => id);
  if (candidate.limit) await verifyEviction(candidate);
  if (candidate.ttl) await verifyExpiry(candidate, pass);
}

async function verifyOperations(candidate: Candidate, keyOf: (id: number) => Key): Promise<void> {
  const cache = candidate.open(size);
  const [one, other] = [{ n: 1 }, { n: 2 }];
  expect(candidate, 'a key that was never put is absent', (await cache.get(keyOf(1))) === undefined);
  await cache.put(keyOf(1), one);
  expect(candidate, 'what was put is there, and is not a copy', (await cache.get(keyOf(1))) === one);
  expect(candidate, 'another key is still absent', (await cache.get(keyOf(2))) === undefined);
  await cache.put(keyOf(1), other);
  expect(candidate, 'a second put overwrites', (await cache.get(keyOf(1))) === other);
  for (let id = 0; id < size; id += 1) await cache.put(keyOf(id), { id });
  expect(candidate, 'as many fit as it was told', (await held(candidate, cache, size, keyOf)) === size);
}

async function verifyEviction(candidate: Candidate): Promise<void> {
  const cache = candidate.open(size);
  const { slack = 1 } = candidate;
  const put = size * (slack + 2);
  for (let id = 0; id < put; id += 1) await cache.put(freshKey(id), { id });
  const left = await held(candidate, cache, put, freshKey);
  expect(candidate, `no more than ${size * slack} stay`, left <= size * slack);
  expect(candidate, `${size} stay`, left >= size);
}

async function verifyExpiry(candidate: Candidate, pass: (ms: number) => Promise<unknown>): Promise<void> {
  const ttl = 20;
  const cache = candidate.open(size, ttl);
  await cache.put(freshKey(1), {});
  await pass(3 * ttl);
  expect(candidate, 'what has expired is absent', (await cache.get(freshKey(1))) === undefined);
}

async function held(
  candidate: Candidate,
  cache: ReturnType<Candidate['open']>,
  put: number,
  keyOf: (id: number) => Key,
): Promise<number> {
  let found = 0;
  for (let id = 0; id < put; id += 1) {
    const value = await cache.get(keyOf(id));
    if (value === undefined) continue;
    expect(candidate, 'each key has its own value', (value as { id: number }).id === id);
    found += 1;
  }
  return found;
}

function expect({ name }: Candidate, what: string, right: boolean): void {
  if (!right) throw new Error(`${name} is not measured, it does something else: ${what}`);
}
