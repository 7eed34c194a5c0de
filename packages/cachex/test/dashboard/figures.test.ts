import { describe, expect, it } from 'vitest';
import type { CacheVitals, CallFigures, NodeVitals, View } from '../../src/cluster/index.ts';
import { countedBetween, latencyBetween, ratesOf } from '../../src/dashboard/figures.ts';
import { hotKeys, hotPartitions } from '../../src/dashboard/hot.ts';
import type { CacheStats } from '../../src/index.ts';

function stats(hits: number, misses: number, calls: Record<string, number> = {}): CacheStats {
  const nothing = { writes: 0, updates: 0, removals: 0, loads: 0, invocations: 0, expirations: 0 };
  return { ...nothing, hits, misses, hitRate: 0, missRate: 0, evictions: hits, calls };
}

function node(id: string, caches: Record<string, Partial<CacheVitals>>): NodeVitals {
  const plain = { entries: 0, bytes: null, loading: 0, functions: [], stats: null, calls: null, near: null };
  return {
    ...{ id, uptime: 0, unreached: [] },
    process: {
      ...{ host: 'here', pid: 1, runtime: 'v20', version: '0.1.0', wallTime: 0 },
      ...{ rss: 1, heap: 1, loopDelay: null },
    },
    caches: Object.fromEntries(Object.entries(caches).map(([name, each]) => [name, { ...plain, ...each }])),
  };
}

function calls(more: Partial<CallFigures>): CallFigures {
  return { oneIn: 16, latencies: [], span: 8_000, sampled: 0, keys: [], partitions: [], ...more };
}

describe('rates', () => {
  it('are of what grew between two readings, of all caches together', () => {
    const before = node('a', { users: { stats: stats(10, 0, { get: 10 }) }, orders: { stats: stats(0, 0) } });
    const now = node('a', {
      users: { stats: stats(13, 1, { get: 14, put: 6 }) },
      orders: { stats: stats(0, 4, { get: 4 }) },
    });
    expect(ratesOf(countedBetween(before, now), 2_000)).toEqual({
      calls: 7,
      hitRate: 3 / 8,
      evictions: 1.5,
      loads: 0,
    });
    expect(
      ratesOf(
        countedBetween(before, now, (name) => name === 'orders'),
        1_000,
      ),
    ).toMatchObject({
      calls: 4,
      hitRate: 0,
    });
  });

  it('are unknown where nothing is counted, and a hit rate where nothing is read', () => {
    const silent = node('a', { users: {} });
    expect(ratesOf(countedBetween(silent, silent), 1_000)).toMatchObject({ calls: null, hitRate: null });
    const idle = node('a', { users: { stats: stats(5, 5) } });
    expect(ratesOf(countedBetween(idle, idle), 1_000)).toMatchObject({ calls: 0, hitRate: null });
  });
});

describe('latencies', () => {
  it('are those of calls between two readings', () => {
    const before = node('a', { users: { calls: calls({ latencies: [[1, 1_000]] }) } });
    const now = node('a', {
      users: {
        calls: calls({
          latencies: [
            [1, 1_090],
            [2, 8],
          ],
        }),
      },
      orders: { calls: calls({ latencies: [[50, 2]] }) },
    });
    expect(latencyBetween(before, now)).toEqual({ p50: 1, p95: 2, p99: 50 });
    expect(latencyBetween(now, now)).toBeNull();
  });
});

describe('what is hot', () => {
  const view = { owners: ['a', 'b', null, 'a'] } as unknown as View;

  it('is what callers of all nodes together ask for most', () => {
    const ada = { key: "'ada'", partition: 1 };
    const bob = { key: "'bob'", partition: 0 };
    const nodes = [
      node('a', {
        users: {
          calls: calls({
            sampled: 10,
            keys: [
              { ...bob, calls: 6 },
              { ...ada, calls: 4 },
            ],
          }),
        },
      }),
      node('b', { users: { calls: calls({ sampled: 10, keys: [{ ...ada, calls: 5 }] }) }, orders: {} }),
    ];
    expect(hotKeys(nodes, view)).toEqual([
      { cache: 'users', ...ada, owner: 'b', calls: 18, share: 9 / 20 },
      { cache: 'users', ...bob, owner: 'a', calls: 12, share: 6 / 20 },
    ]);
  });

  it('is nothing that was seen once or twice', () => {
    const partitions = [
      { partition: 2, calls: 3 },
      { partition: 3, calls: 2 },
    ];
    expect(hotPartitions([node('a', { users: { calls: calls({ sampled: 5, partitions }) } })], view)).toEqual(
      [{ cache: 'users', key: null, partition: 2, owner: null, calls: 6, share: 3 / 5 }],
    );
  });
});
