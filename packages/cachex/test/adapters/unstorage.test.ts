import {
  createStorage,
  prefixStorage,
  restoreSnapshot,
  type Storage,
  type StorageValue,
  snapshot,
} from 'unstorage';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type CachexDriverOptions, cachexDriver } from '../../src/unstorage.ts';
import { describeHost } from './compatibility.ts';
import { places } from './places.ts';

const host = 'unstorage';

describe.each(places)('$name', ({ name: setUp, open }) => {
  const opened = open();

  // The package does not bring its `testDriver`: what that asks of a driver, in our words.
  describeHost({ host, suite: 'the cases of its testDriver', setUp }, () => {
    let storage: Storage;
    beforeAll(() => {
      storage = createStorage({ driver: cachexDriver({ cache: opened() }) });
    });
    afterEach(() => storage.clear());

    it('takes a snapshot', async () => {
      await restoreSnapshot(storage, { first: 'there' });
      expect(await storage.getItem('first')).toBe('there');
      expect(await snapshot(storage, '')).toEqual({ first: 'there' });
    });

    it('begins empty', async () => {
      expect(await storage.hasItem('one:a')).toBe(false);
      expect(await storage.getItem('one:a')).toBeNull();
      expect(await storage.getKeys()).toEqual([]);
    });

    it('keeps items', async () => {
      await storage.setItem('one:a', 'text');
      await storage.setItem('two:a?query', 'more');
      expect(await storage.hasItem('one:a')).toBe(true);
      expect(await storage.getItem('one:a')).toBe('text');
      expect(await storage.getItem('two:a?other')).toBe('more');
      expect(await storage.hasItem('two:b')).toBe(false);
    });

    it('lists keys, all or those under a base', async () => {
      for (const key of ['one:a', 'one:b', 'two:a', 'oneself']) await storage.setItem(key, 'text');
      expect((await storage.getKeys()).sort()).toEqual(['one:a', 'one:b', 'oneself', 'two:a']);
      expect((await storage.getKeys('one')).sort()).toEqual(['one:a', 'one:b']);
      expect(await storage.getKeys('three')).toEqual([]);
    });

    it('lists keys of some depth', async () => {
      for (const key of ['a', 'b:a', 'b:b', 'b:c:a', 'b:c:b']) await storage.setItem(key, 'text');
      const within = async (maxDepth: number): Promise<string[]> =>
        (await storage.getKeys(undefined, { maxDepth })).sort();
      expect(await within(0)).toEqual(['a']);
      expect(await within(1)).toEqual(['a', 'b:a', 'b:b']);
      expect(await within(2)).toEqual(['a', 'b:a', 'b:b', 'b:c:a', 'b:c:b']);
    });

    it.each([[{ deep: { list: [1, 'two', null] } }], [[1, 2, 3]], [true], [false], [0], ['text']])(
      'gives %j back as it was',
      async (value) => {
        await storage.setItem('item.json', value);
        expect(await storage.getItem('item.json')).toEqual(value);
      },
    );

    it('keeps what toJSON makes of a value, and refuses other objects', async () => {
      class Written {
        toJSON(): object {
          return { as: 'written' };
        }
      }
      class Other {}
      await storage.setItem('item.json', new Written());
      expect(await storage.getItem('item.json')).toEqual({ as: 'written' });
      await expect(storage.setItem('item.json', new Other())).rejects.toThrow('Cannot stringify');
    });

    it('keeps raw bytes', async () => {
      const bytes = new Uint8Array([0, 1, 2, 250]);
      await storage.setItemRaw('bytes.bin', bytes);
      expect(await storage.getItemRaw('bytes.bin')).toEqual(bytes);
      expect(await storage.getItemRaw('none.bin')).toBeNull();
    });

    it('keeps and gives many items', async () => {
      await storage.setItems<StorageValue>([
        { key: 'one:a', value: 'first' },
        { key: 'one:b', value: { number: 2 } },
      ]);
      expect(await storage.getItems(['one:b', { key: 'one:a' }, 'one:a?query', 'none'])).toEqual([
        { key: 'one:b', value: { number: 2 } },
        { key: 'one:a', value: 'first' },
        { key: 'one:a', value: 'first' },
        { key: 'none', value: null },
      ]);
    });

    it('removes items', async () => {
      await storage.setItem('one:a', 'text');
      await storage.removeItem('one:a');
      expect(await storage.hasItem('one:a')).toBe(false);
      expect(await storage.getItem('one:a')).toBeNull();
      await storage.removeItem('one:a');
    });

    it('removes all, also where there is nothing', async () => {
      await storage.setItem('one:a', 'text');
      await storage.clear();
      expect(await storage.getKeys()).toEqual([]);
      await storage.clear();
      expect(await storage.getKeys()).toEqual([]);
    });
  });

  describeHost({ host, suite: 'our own tests', setUp }, () => {
    const create = (options: Partial<CachexDriverOptions> = {}): Storage =>
      createStorage({ driver: cachexDriver({ cache: opened(), ...options }) });
    afterEach(async () => opened().clear());

    const expectSeconds = (ttl: unknown, most: number): void => {
      expect(ttl).toBeGreaterThan(0);
      expect(ttl).toBeLessThanOrEqual(most);
    };

    it('removes what is under a base, and nothing else', async () => {
      const driver = cachexDriver({ cache: opened() });
      for (const key of ['one:a', 'one:b', 'two:a', 'oneself']) await driver.setItem!(key, 'text', {});
      await driver.clear!('one:', {});
      expect([...(await driver.getKeys('', {}))].sort()).toEqual(['oneself', 'two:a']);
    });

    it('keeps its keys under a base of its own', async () => {
      const [storage, other] = [create({ base: 'app' }), create({ base: 'other:' })];
      await storage.setItem('one:a', 'text');
      await other.setItem('one:a', 'more');
      expect((await opened().keys()).sort()).toEqual(['app:one:a', 'other:one:a']);
      expect(await storage.getItems(['one:a'])).toEqual([{ key: 'one:a', value: 'text' }]);
      await storage.clear();
      expect(await storage.getKeys()).toEqual([]);
      expect(await other.getItem('one:a')).toBe('more');
    });

    it('lets items live for the seconds they are given', async () => {
      const storage = create();
      await storage.setItem('one', 'text', { ttl: 60 });
      await storage.setItems(
        [
          { key: 'two', value: 'text', options: { ttl: 30 } },
          { key: 'three', value: 'text' },
        ],
        { ttl: 60 },
      );
      await storage.setItem('four', 'text');
      const seconds = async (key: string): Promise<unknown> => (await storage.getMeta(key)).ttl;
      expectSeconds(await seconds('one'), 60);
      expectSeconds(await seconds('two'), 30);
      expectSeconds(await seconds('three'), 60);
      expect(await seconds('four')).toBeUndefined();
      expect(await seconds('none')).toBeUndefined();
    });

    it('keeps what the user says of an item beside it', async () => {
      const storage = create();
      await storage.setItem('one', 'text');
      await storage.setMeta('one', { author: 'ada' });
      expect(await storage.getMeta('one')).toEqual({ author: 'ada' });
      expect(await storage.getKeys()).toEqual(['one']);
      await storage.removeItem('one', { removeMeta: true });
      expect(await opened().keys()).toEqual([]);
    });

    it('can be mounted beside others', async () => {
      const storage = createStorage();
      storage.mount('cache', cachexDriver({ cache: opened() }));
      await storage.setItem('cache:ada', 'one');
      await storage.setItem('elsewhere', 'two');
      expect(await opened().keys()).toEqual(['ada']);
      expect((await storage.getKeys()).sort()).toEqual(['cache:ada', 'elsewhere']);
      expect(await prefixStorage(storage, 'cache').getItem('ada')).toBe('one');
    });

    it('leaves the cache open when the storage is disposed of', async () => {
      const storage = create();
      await storage.setItem('one', 'text');
      await storage.dispose();
      expect(await opened().get('one')).toBe('text');
    });
  });
});

describeHost({ host, suite: 'our own tests', setUp: 'local' }, () => {
  const opened = places[0]!.open();

  it.each([
    ['cache', { cache: {} }],
    ['base', { base: 5 }],
    ['bases', { bases: 'app' }],
  ])('refuses bad options, naming %s', (named, options) => {
    const given = { cache: opened(), ...options } as CachexDriverOptions;
    expect(() => cachexDriver(given)).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', message: expect.stringContaining(named) }),
    );
  });
});
