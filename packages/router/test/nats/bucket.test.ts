import fc from 'fast-check';
import { expect, it } from 'vitest';
import { entryOf, keyOf } from '../../src/nats/bucket.ts';

it('has a part for every cluster, whose name NATS takes in keys', () => {
  const names = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 255, unit: 'binary' }), { minLength: 2 });
  fc.assert(
    fc.property(names, (clusters) => {
      const keys = clusters.map(keyOf);
      for (const key of keys) expect(key).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
      expect(new Set(keys).size).toBe(clusters.length);
    }),
  );
  expect(keyOf('\ud800')).not.toBe(keyOf('\ud801'));
  expect(keyOf('shop')).toMatch(/^shop-[0-9a-f]{16}$/);
});

it('reads entries from keys, and nothing from others', () => {
  expect(entryOf('$KV.cachex.view.shop-1.12.abc.def')).toEqual({ slot: 12, token: 'abc', after: 'def' });
  for (const key of ['', 'view', 'view.12.abc', 'view.x.abc.def', 'view.12.ABC.def', 'view.12.a.b.'])
    expect(entryOf(key)).toBeUndefined();
});
