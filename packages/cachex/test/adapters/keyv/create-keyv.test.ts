import * as keyv5 from 'keyv';
import * as keyv6 from 'keyv6';
import { describe, expect, it } from 'vitest';
import { keyvOf } from '../../../src/adapters/keyv/create-keyv.ts';
import type { CreateKeyvOptions, KeyvCache } from '../../../src/keyv.ts';
import { createKeyv, Keyv5Store, Keyv6Store } from '../../../src/keyv.ts';
import { describeHost } from '../compatibility.ts';
import { places } from '../places.ts';

const versions = [
  { host: 'keyv', keyv: keyv5, Store: Keyv5Store },
  { host: 'keyv6', keyv: keyv6 as unknown as typeof keyv5, Store: Keyv6Store },
];

describe.each(places)('$name', ({ name: setUp, open }) => {
  const opened = open();

  for (const { host, keyv, Store } of versions) {
    describeHost({ host, suite: 'our own tests', setUp }, () => {
      const create = (options: CreateKeyvOptions = {}): keyv5.Keyv =>
        keyvOf(keyv, opened() as KeyvCache, options);

      it('createKeyv makes a Keyv with the store for its version', () => {
        expect(create()).toBeInstanceOf(keyv.Keyv);
        expect(create().store).toBeInstanceOf(Store);
      });

      it('a Keyv of createKeyv keeps its entries in the cache, for as long as they are to live', async () => {
        const users = create({ namespace: 'users', ttl: 60_000 });
        await users.set('ada', { name: 'Ada' });
        expect(await users.get('ada')).toEqual({ name: 'Ada' });
        expect(await opened().keys()).toEqual(['users:ada']);
        const left = await opened().ttl('users:ada');
        expect(left).toBeGreaterThan(0);
        expect(left).toBeLessThanOrEqual(60_000);
        expect(await users.delete('ada')).toBe(true);
        expect(await opened().keys()).toEqual([]);
      });

      it('two with one namespace have the same entries, with another they have none of them', async () => {
        const [one, two] = [create({ namespace: 'users' }), create({ namespace: 'users' })];
        const other = create({ namespace: 'posts' });
        await one.set('ada', 1);
        await other.set('ada', 2);
        expect(await two.get('ada')).toBe(1);
        await one.clear();
        expect(await two.get('ada')).toBeUndefined();
        expect(await other.get('ada')).toBe(2);
        await other.clear();
      });

      it('clears more entries of a namespace than go into one call', async () => {
        const users = create({ namespace: 'users' });
        await opened().putMany(Array.from({ length: 2_500 }, (_, n) => [`users:${n}`, n] as const));
        await opened().put('usersOfOthers', 1);
        await users.clear();
        expect(await opened().keys()).toEqual(['usersOfOthers']);
        await opened().clear();
      });
    });
  }
});

describeHost({ host: 'keyv', suite: 'our own tests', setUp: 'local' }, () => {
  const opened = places[0]!.open();

  it('createKeyv takes the Keyv that is installed', () => {
    expect(createKeyv(opened())).toBeInstanceOf(keyv5.Keyv);
  });

  it('a Keyv that leaves prefixes to its store clears its namespace, too', async () => {
    const users = createKeyv(opened(), { namespace: 'users', useKeyPrefix: false });
    await users.set('ada', 1);
    await opened().put('other', 2);
    expect(await users.get('ada')).toBe(1);
    await users.clear();
    expect(await opened().keys()).toEqual(['other']);
  });

  it('an entry whose time is over before it is set is removed', async () => {
    const store: keyv5.KeyvStoreAdapter = new Keyv5Store(opened());
    await store.set('ada', 'one');
    await store.set('ada', 'two', -1);
    expect(await store.get('ada')).toBeUndefined();
    await store.setMany!([{ key: 'ada', value: 'three' }]);
    expect(await store.get('ada')).toBe('three');
    expect(await store.deleteMany!(['ada', 'none'])).toBe(false);
  });
});
