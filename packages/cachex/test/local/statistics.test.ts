import { describe, expect, it } from 'vitest';
import { Statistics } from '../../src/local/statistics.ts';

describe('Statistics', () => {
  it('has rates of zero before the first read', () => {
    expect(new Statistics().read()).toEqual({
      hits: 0,
      misses: 0,
      hitRate: 0,
      missRate: 0,
      writes: 0,
      updates: 0,
      removals: 0,
      loads: 0,
      invocations: 0,
      expirations: 0,
      evictions: 0,
      calls: {},
    });
  });

  it('counts, and computes rates from counts', () => {
    const statistics = new Statistics();
    statistics.add('hits');
    statistics.add('hits', 2);
    statistics.add('misses');
    statistics.calls('get').amount += 1;
    statistics.calls('get').amount += 1;
    statistics.calls('__proto__').amount += 1;
    const stats = statistics.read();
    expect(stats).toMatchObject({ hits: 3, misses: 1, hitRate: 0.75, missRate: 0.25 });
    expect(Object.entries(stats.calls)).toEqual([
      ['get', 2],
      ['__proto__', 1],
    ]);
    statistics.calls('get').amount += 1;
    expect(stats.calls.get).toBe(2);
  });
});
