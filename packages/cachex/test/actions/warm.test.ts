import { afterAll, describe, expect, it } from 'vitest';
import type { Warmer } from '../../src/index.ts';
import { manyKeys } from '../keys.ts';
import { itSteadily, setUps } from '../set-ups.ts';

describe.each(setUps)('warm $name', (setUp) => {
  afterAll(() => setUp.close());

  it('fills the cache, from one node', async () => {
    let found = 1;
    const runs: number[] = [];
    const warmers = (node: number): Warmer[] => [
      {
        name: 'all',
        execute: () => {
          runs.push(node);
          return manyKeys.map((key) => [key, found] as const);
        },
      },
    ];
    const { cache, everywhere } = await setUp.open((node) => ({ warmers: warmers(node) }));
    expect(await cache.warm({ wait: true })).toEqual(['all']);
    for (const key of manyKeys) expect(await cache.get(key)).toBe(1);
    found = 2;
    for (const one of everywhere) await one.warm({ wait: true });
    expect(await cache.get(manyKeys[0]!)).toBe(2);
    if (setUp.steady) expect(new Set(runs).size).toBe(1);
  });

  itSteadily(setUp, 'runs at the start once, wherever it was opened first', async () => {
    let runs = 0;
    const warmer: Warmer = {
      name: 'all',
      required: true,
      execute: () => {
        runs += 1;
        return [['ada', 1]];
      },
    };
    const { cache, everywhere } = await setUp.open({ warmers: [warmer] });
    for (const one of everywhere) await one.ready();
    expect(await cache.get('ada')).toBe(1);
    expect(runs).toBe(1);
  });

  it('rejects as the warmer has failed, if it is waited for', async () => {
    const warmers: Warmer[] = [
      {
        name: 'fails',
        required: true,
        execute: () => {
          throw new RangeError('no');
        },
      },
    ];
    const { cache } = await setUp.open({ warmers });
    await expect(cache.warm({ wait: true })).rejects.toMatchObject({ name: 'RangeError', message: 'no' });
    await expect(cache.ready()).rejects.toMatchObject({ name: 'RangeError', message: 'no' });
    expect(await cache.warm()).toEqual(['fails']);
  });

  it('runs those that are named, and knows no others', async () => {
    const warmers = ['one', 'two'].map((name): Warmer => ({ name, execute: () => [[name, 1]] }));
    const { cache } = await setUp.open({ warmers });
    await cache.warm({ wait: true });
    await cache.clear();
    expect(await cache.warm({ only: ['two'], wait: true })).toEqual(['two']);
    expect(await cache.keys()).toEqual(['two']);
    await expect(cache.warm({ only: ['tow'] })).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringMatching(/^only: cache 'cache-\d+' has no warmer 'tow'; did you mean 'two'/),
    });
  });

  it('has nothing to do without warmers', async () => {
    const { cache } = await setUp.open();
    expect(await cache.warm({ wait: true })).toEqual([]);
    await cache.ready();
  });
});
