import { keyvIteratorTests, keyvNamespaceTest } from '@keyv/test-suite';
import type { Keyv } from 'keyv';
import * as keyv6 from 'keyv6';
import * as vitest from 'vitest';
import { describe, expect, it } from 'vitest';
import { Keyv5Store, Keyv6Store } from '../../../src/keyv.ts';
import { describeHost } from '../compatibility.ts';
import { places } from '../places.ts';

const host = 'keyv6';
/** The suite is typed for Keyv 5. */
const asKeyv5 = keyv6.Keyv as unknown as typeof Keyv;

describe.each(places)('$name', ({ name: setUp, open }) => {
  const opened = open();

  // Its other two parts ask for what Keyv 6 does no more: one answer for many deletions, and options of its own for serializers.
  describeHost({ host, suite: '@keyv/test-suite (namespaces, iterators)', setUp }, () => {
    const store = (): Keyv6Store => new Keyv6Store(opened());
    keyvNamespaceTest(vitest, asKeyv5, store);
    keyvIteratorTests(vitest, asKeyv5, store);
  });

  const aStore = (namespace?: string): keyv6.KeyvStorageAdapter =>
    new Keyv6Store(opened(), namespace === undefined ? {} : { namespace });
  const soon = (): number => Date.now() + 60_000;
  const past = (): number => Date.now() - 1;

  // The suite for Keyv 6 is not on npm: what it asks of a store, in our words.
  describeHost({ host, suite: 'the cases of its storageTestSuite', setUp }, () => {
    vitest.afterEach(() => aStore().clear());

    it('keeps a value', async () => {
      const store = aStore();
      expect(await store.set('ada', 'one')).toBe(true);
      expect(await store.get('ada')).toBe('one');
      expect(await store.has('ada')).toBe(true);
    });

    it('has nothing of a key that was never set', async () => {
      const store = aStore();
      expect(await store.get('ada')).toBeUndefined();
      expect(await store.has('ada')).toBe(false);
    });

    it('says whether it removed something', async () => {
      const store = aStore();
      await store.set('ada', 'one');
      expect(await store.delete('ada')).toBe(true);
      expect(await store.delete('ada')).toBe(false);
      expect(await store.get('ada')).toBeUndefined();
    });

    it('removes all there is', async () => {
      const store = aStore();
      await store.set('ada', 'one');
      await store.set('bob', 'two');
      await store.clear();
      expect(await store.getMany(['ada', 'bob'])).toEqual([undefined, undefined]);
    });

    it('keeps many values, and answers in the order asked', async () => {
      const store = aStore();
      const entries = ['one', 'two', 'three'].map((value, n) => ({ key: `key-${n}`, value }));
      expect(await store.setMany(entries)).toEqual([true, true, true]);
      expect(await store.getMany(['key-2', 'none', 'key-0'])).toEqual(['three', undefined, 'one']);
      expect(await store.hasMany(['key-2', 'none', 'key-0'])).toEqual([true, false, true]);
    });

    it('says of each of many keys whether it was removed', async () => {
      const store = aStore();
      await store.set('ada', 'one');
      expect(await store.deleteMany(['ada', 'bob'])).toEqual([true, false]);
      expect(await store.deleteMany(['ada', 'bob'])).toEqual([false, false]);
    });

    it('takes empty lists', async () => {
      const store = aStore();
      expect(await store.setMany([])).toEqual([]);
      expect(await store.getMany([])).toEqual([]);
      expect(await store.hasMany([])).toEqual([]);
      expect(await store.deleteMany([])).toEqual([]);
    });

    it('lets an entry live until its instant', async () => {
      const store = aStore();
      await store.set('ada', 'one', soon());
      await store.setMany([
        { key: 'bob', value: 'two', expires: soon() },
        { key: 'eve', value: 'three' },
      ]);
      for (const key of ['ada', 'bob']) {
        const left = await opened().ttl(key);
        expect(left).toBeGreaterThan(0);
        expect(left).toBeLessThanOrEqual(60_000);
      }
      expect(await opened().ttl('eve')).toBeNull();
    });

    it('has nothing of an entry whose instant is over, nor of what was there before', async () => {
      const store = aStore();
      await store.setMany(['ada', 'bob'].map((key) => ({ key, value: 'one' })));
      expect(await store.set('ada', 'two', past())).toBe(true);
      expect(
        await store.setMany([
          { key: 'bob', value: 'two', expires: past() },
          { key: 'eve', value: 'two' },
        ]),
      ).toEqual([true, true]);
      expect(await store.getMany(['ada', 'bob', 'eve'])).toEqual([undefined, undefined, 'two']);
      expect(await store.has('ada')).toBe(false);
    });

    it('has a namespace that can be changed', () => {
      const store = aStore();
      expect(store.namespace).toBeUndefined();
      store.namespace = 'users';
      expect(store.namespace).toBe('users');
      store.namespace = undefined;
      expect(store.namespace).toBeUndefined();
    });

    it('keeps namespaces apart, whatever their keys look like', async () => {
      const [users, posts] = [aStore('users'), aStore('posts')];
      await users.set('ada', 'one');
      await users.set('users:ada', 'two');
      await posts.set('ada', 'three');
      await aStore().set('ada', 'four');
      await users.clear();
      expect(await users.getMany(['ada', 'users:ada'])).toEqual([undefined, undefined]);
      expect(await posts.get('ada')).toBe('three');
      expect(await aStore().get('ada')).toBe('four');
    });

    it('walks through the entries of its namespace, and no others', async () => {
      const users = aStore('users');
      const pairs = Array.from({ length: 50 }, (_, n) => [`key-${n}`, n] as const);
      await users.setMany(pairs.map(([key, value]) => ({ key, value })));
      await aStore('posts').set('ada', 'one');
      await aStore().set('bob', 'two');
      const seen = new Map<unknown, unknown>();
      for await (const [key, value] of users.iterator!()) seen.set(key, value);
      expect(seen).toEqual(new Map(pairs));
    });

    it('walks through nothing where there is nothing', async () => {
      expect(await aStore('users').iterator!().next()).toEqual({ done: true, value: undefined });
    });
  });

  describeHost({ host, suite: 'our own tests', setUp }, () => {
    vitest.afterEach(() => aStore().clear());

    it('keeps the last of two values for one key', async () => {
      const store = aStore();
      await store.setMany([
        { key: 'ada', value: 'one', expires: soon() },
        { key: 'ada', value: 'two' },
      ]);
      expect(await store.get('ada')).toBe('two');
      expect(await opened().ttl('ada')).toBeNull();
    });

    it('refuses the times of Keyv 5, and says what to use', async () => {
      const refusal = { code: 'INVALID_OPTION', message: expect.stringContaining('Keyv5Store') };
      await expect(aStore().set('ada', 'one', 60_000)).rejects.toMatchObject(refusal);
      await expect(aStore().setMany([{ key: 'ada', value: 'one', expires: 1 }])).rejects.toMatchObject(
        refusal,
      );
    });

    it('leaves the cache open when it is disconnected', async () => {
      const store = aStore();
      await store.set('ada', 'one');
      await store.disconnect?.();
      expect(await store.get('ada')).toBe('one');
    });

    it('is used by Keyv 6 as it is, while a store for Keyv 5 is behind a bridge', async () => {
      const store = aStore();
      expect(new keyv6.Keyv({ store }).store).toBe(store);
      const [users, posts] = ['users', 'posts'].map(
        (namespace) => new keyv6.Keyv({ store: new Keyv5Store(opened()), namespace }),
      );
      await users!.set('ada', 'one', 60_000);
      expect(await users!.get('ada')).toBe('one');
      expect(await posts!.get('ada')).toBeUndefined();
      expect(await users!.deleteMany(['ada'])).toEqual([true]);
    });
  });
});
