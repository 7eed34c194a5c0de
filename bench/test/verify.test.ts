import { describe, expect, it } from 'vitest';
import type { Key, SyncCache, SyncCandidate } from '../src/candidate.ts';
import { candidateOf } from '../src/peers/index.ts';
import { verify } from '../src/verify.ts';

const atOnce = (): Promise<void> => Promise.resolve();

function candidate(open: SyncCandidate['open'], traits: Partial<SyncCandidate> = {}): SyncCandidate {
  return { name: 'own', style: 'sync', ttl: false, limit: false, ...traits, open };
}

/** One that is right, evicting what was put first. */
function fifo(size: number): SyncCache {
  const map = new Map<Key, unknown>();
  return {
    get: (key) => map.get(key),
    put(key, value) {
      map.set(key, value);
      if (map.size > size) map.delete(map.keys().next().value!);
    },
  };
}

function broken(change: (cache: SyncCache, size: number) => Partial<SyncCache>): SyncCandidate {
  return candidate(
    (size) => {
      const cache = fifo(size);
      return { ...cache, ...change(cache, size) };
    },
    { limit: true },
  );
}

describe('the check before anything is timed', () => {
  it('lets pass what does what is timed', async () => {
    await verify(candidate(fifo, { limit: true }), atOnce);
    await verify(await candidateOf('Map'), atOnce);
  });

  it.each([
    ['finds what was never put', broken(() => ({ get: () => ({ id: 1 }) }))],
    ['finds nothing', broken(() => ({ get: () => undefined }))],
    ['answers copies', broken((cache) => ({ get: (key) => structuredClone(cache.get(key)) }))],
    [
      'does not overwrite',
      broken((cache) => ({ put: (key, value) => cache.get(key) === undefined && cache.put(key, value) })),
    ],
    [
      'takes numbers for strings of one value',
      broken((cache) => ({ put: (_key, value) => cache.put('a', value) })),
    ],
    ['evicts nothing', candidate(() => fifo(Number.POSITIVE_INFINITY), { limit: true })],
    ['holds fewer than it was told', candidate((size) => fifo(size / 2), { limit: true })],
    ['lets nothing expire', candidate(fifo, { ttl: true })],
  ])('refuses one that %s', async (_what, one) => {
    await expect(verify(one, atOnce)).rejects.toThrow('own is not measured');
  });

  it('lets one hold more if it says so', async () => {
    await expect(
      verify(
        candidate((size) => fifo(2 * size), { limit: true }),
        atOnce,
      ),
    ).rejects.toThrow();
    await verify(
      candidate((size) => fifo(2 * size), { limit: true, slack: 2 }),
      atOnce,
    );
  });
});
