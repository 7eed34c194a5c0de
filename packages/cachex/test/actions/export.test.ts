import { afterAll, describe, expect, it } from 'vitest';
import { manyKeys } from '../keys.ts';
import { setUps } from '../set-ups.ts';

describe.each(setUps)('export $name', (setUp) => {
  afterAll(() => setUp.close());

  it('goes through all live entries as records', async () => {
    const { cache, everywhere, advance } = await setUp.open({ expiration: { interval: false } });
    for (const key of manyKeys) await cache.put(key, { key });
    await cache.put('gone', 1, { ttl: 10 });
    await cache.put('soon', undefined, { ttl: 1_010 });
    advance(10);
    for (const one of everywhere) {
      const records = await one.export();
      const [{ modified }] = records;
      expect(records).toHaveLength(manyKeys.length + 1);
      expect(records).toContainEqual({
        key: 'soon',
        value: undefined,
        ttl: 1_000,
        modified,
        lifetime: 1_010,
      });
      for (const key of manyKeys)
        expect(records).toContainEqual({ key, value: { key }, ttl: null, modified, lifetime: null });
    }
  });
});
