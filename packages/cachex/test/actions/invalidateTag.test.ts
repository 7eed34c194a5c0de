import { afterAll, describe, expect, it } from 'vitest';
import { commit } from '../../src/index.ts';
import { aGate, eventually } from '../gate.ts';
import { manyKeys } from '../keys.ts';
import { itSteadily, setUps } from '../set-ups.ts';

describe.each(setUps)('invalidateTag $name', (setUp) => {
  afterAll(() => setUp.close());

  it('removes what carries the tag, wherever it is, and answers how much', async () => {
    const { cache, everywhere } = await setUp.open();
    for (const [n, key] of manyKeys.entries())
      await cache.put(key, n, { tags: n % 3 === 0 ? ['third', 'all'] : ['all'] });
    await cache.put('plain', 1);
    expect(await everywhere.at(-1)!.invalidateTag('third')).toBe(10);
    for (const one of everywhere) {
      expect(await one.get(manyKeys[0]!)).toBeUndefined();
      expect(await one.get(manyKeys[1]!)).toBe(1);
    }
    expect(await cache.invalidateTag('third')).toBe(0);
    expect(await cache.invalidateTag('all')).toBe(20);
    expect(await cache.invalidateTag('unknown')).toBe(0);
    expect(await cache.keys()).toEqual(['plain']);
  });

  it('goes by the tags of the last write; changes to the value alone keep them', async () => {
    const { cache, stranger } = await setUp.open();
    await cache.put('overwritten', 1, { tags: ['old'] });
    await cache.put('overwritten', 2, { tags: ['new'] });
    await cache.put('untagged', 1, { tags: ['old'] });
    await cache.put('untagged', 2);
    await cache.put('updated', 1, { tags: ['kept'] });
    await stranger('updated').update('updated', 2);
    await cache.put('counted', 1, { tags: ['kept'] });
    await stranger('counted').incr('counted');
    await cache.put('extended', 1, { tags: ['kept'] });
    await stranger('extended').expire('extended', '1h');
    await stranger('extended').touch('extended');
    expect(await cache.invalidateTag('old')).toBe(0);
    expect(await cache.invalidateTag('kept')).toBe(3);
    expect(await cache.invalidateTag('new')).toBe(1);
    expect(await cache.keys()).toEqual(['untagged']);
  });

  it('knows the tags that came with add, putMany, fetch and commit', async () => {
    const functions = {
      plain: () => 'plain',
      tagged: (key: unknown) => commit('tagged', { tags: [`own-${key}`] }),
    };
    const { cache, stranger } = await setUp.open({ functions });
    expect(await stranger('a').add('a', 1, { tags: ['a'] })).toBe(true);
    expect(await stranger('a').add('a', 1, { tags: ['other'] })).toBe(false);
    await stranger('b').fetch('b', 'plain', { tags: ['b', 'b'] });
    await stranger('c').fetch('c', 'tagged', { tags: ['other'] });
    await stranger('d').fetch('d', () => 'plain', { tags: ['d'] });
    await stranger('e').fetch('e', () => commit('tagged', { tags: ['own-e'] }), { tags: ['other'] });
    expect(await cache.invalidateTag('other')).toBe(0);
    await cache.putMany([['f', 1]], { tags: ['f'] });
    for (const tag of ['a', 'b', 'own-c', 'd', 'own-e', 'f']) expect(await cache.invalidateTag(tag)).toBe(1);
    expect(await cache.size()).toBe(0);
  });

  it('does not count what has expired', async () => {
    const { cache, advance } = await setUp.open({ expiration: { interval: false, lazy: false } });
    await cache.put('gone', 1, { ttl: 10, tags: ['t'] });
    await cache.put('there', 1, { ttl: 50, tags: ['t'] });
    advance(10);
    expect(await cache.invalidateTag('t')).toBe(1);
    expect(await cache.size()).toBe(0);
  });

  it.each([
    ['by name', 'load'],
    ['with a function', undefined],
  ])(
    'keeps the result of a load in flight from being stored if it carries the tag: %s',
    async (_how, name) => {
      const gate = aGate();
      const loading = new Set<unknown>();
      const load = async (key: unknown): Promise<unknown> => {
        loading.add(key);
        await gate.passed;
        return commit(key, { tags: key === 'tagged' ? ['users', 'teams'] : ['teams'] });
      };
      const opened = await setUp.open({ stats: true, functions: { load } });
      const { stranger, cache } = opened;
      const answers = ['tagged', 'other'].map((key) => stranger(key).fetch(key, name ?? load));
      await eventually(async () => loading.size === answers.length);
      expect(await cache.invalidateTag('users')).toBe(0);
      gate.open();
      expect(await Promise.all(answers)).toEqual(['tagged', 'other']);
      expect(await cache.keys()).toEqual(['other']);
      // It is over: what is loaded from now on is newer.
      expect(await stranger('tagged').fetch('tagged', name ?? load)).toBe('tagged');
      expect(await cache.exists('tagged')).toBe(true);
    },
  );

  itSteadily(setUp, 'counts removals', async () => {
    const { cache, counted } = await setUp.open({ stats: true });
    for (const key of manyKeys) await cache.put(key, 1, { tags: ['t'] });
    await cache.invalidateTag('t');
    expect(await counted()).toMatchObject({
      removals: manyKeys.length,
      calls: { invalidateTag: setUp.nodes },
    });
  });
});
