import { afterAll, describe, expect, it } from 'vitest';
import type { Warmer } from '../../src/index.ts';
import { setUps } from '../set-ups.ts';

describe.each(setUps)('ready $name', (setUp) => {
  afterAll(() => setUp.close());

  it('comes when the warmers that are required have run, and not before', async () => {
    const ends: (() => void)[] = [];
    const warmer = (name: string, required: boolean): Warmer => ({
      name,
      required,
      execute: async () => {
        await new Promise<void>((resolve) => ends.push(resolve));
        return [[name, 1]];
      },
    });
    const { cache } = await setUp.open({ warmers: [warmer('one', true)] });
    let ready = false;
    const waiting = cache.ready().then(() => {
      ready = true;
    });
    while (ends.length === 0) await cache.size();
    expect(ready).toBe(false);
    for (const end of ends) end();
    await waiting;
    expect(await cache.get('one')).toBe(1);
  });
});
