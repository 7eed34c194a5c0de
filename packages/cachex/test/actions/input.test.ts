import { afterAll, describe, expect, it } from 'vitest';
import { actions } from '../../src/actions/index.ts';
import { type CommandMap, createCache } from '../../src/index.ts';
import { MemoryFiles } from '../memory-files.ts';
import { type Facade, type SetUp, setUps } from '../set-ups.ts';

type Loose = Record<string, (...args: unknown[]) => Promise<unknown>>;

/** A cache with two entries, and a way to call it with anything at all. */
async function aCache(
  setUp: SetUp,
): Promise<{ cache: Facade; call: (name: string, ...args: unknown[]) => Promise<unknown> }> {
  const files = new MemoryFiles();
  const { cache } = await setUp.open({ stats: true, functions: { load: () => 'loaded' }, commands, files });
  await cache.dump('empty');
  await cache.put('text', 'text');
  await cache.put('number', 5);
  return { cache, call: (name, ...args) => (cache as unknown as Loose)[name]!(...args) };
}

const untouched = new Map<SetUp, ReturnType<typeof aCache>>();

/** One that is never changed, as every call is refused; another place has another. */
function theCache(setUp: SetUp): ReturnType<typeof aCache> {
  const known = untouched.get(setUp) ?? aCache(setUp);
  untouched.set(setUp, known);
  return known;
}

/** What {@link aCache} holds as long as nobody changes it. */
async function expectUnchanged(cache: Facade): Promise<void> {
  expect([await cache.get('text'), await cache.get('number'), await cache.size()]).toEqual(['text', 5, 2]);
}

const commands: CommandMap<unknown> = { look: { type: 'read', execute: (value) => value } };

/** Arguments that are all right, after the key if there is one. */
const rest: Record<string, unknown[]> = {
  put: ['value'],
  add: ['value'],
  fetch: ['load'],
  expire: [1_000],
  expireAt: [new Date(2_000_000_000_000)],
  update: ['value'],
  getAndUpdate: ['load'],
  invalidateTag: ['tag'],
  fetchSync: ['text', () => 'loaded'],
  // Of actions without a key: everything before the options.
  explain: ['text'],
  inspect: ['cache'],
  prune: [10],
  transaction: [['text'], () => {}],
  execute: [() => {}],
  import: [[]],
};
/** Lists that are all right, for actions on many keys. */
const batches: Record<string, unknown[]> = {
  getMany: [['text']],
  putMany: [[['text', 'text']]],
  delMany: [['text']],
  touchMany: [['text']],
};
/** Arguments of actions that take no key. */
const others: Record<string, unknown[]> = { import: [[]], dump: ['new'], load: ['empty'] };
const keyed = Object.values(actions)
  .filter((action) => action.route.kind === 'keyed')
  .map((action) => action.name);

/** Arguments with this key that are all right otherwise. */
function withKey(name: string, key: unknown): unknown[] {
  return name === 'invoke' ? ['look', key, []] : [key, ...(rest[name] ?? [])];
}

// Arguments are checked where they are given, whoever else comes and goes.
describe.each(setUps.filter(({ steady }) => steady))('bad input $name', (setUp) => {
  afterAll(() => setUp.close());

  // What is refused in a cluster whatever it is given has a test of its own.
  const possible = Object.keys(actions).filter((name) => name !== 'fetchSync' || !setUp.clustered);
  describe.each(possible)('%s', (name) => {
    const before = keyed.includes(name)
      ? withKey(name, 'text')
      : (others[name] ?? batches[name] ?? rest[name] ?? []);
    const good = name === 'incr' || name === 'decr' ? ['number', 1] : before;

    it('refuses options it does not know, changing nothing', async () => {
      const { cache, call } = await theCache(setUp);
      await expect(call(name, ...good, { lokal: true })).rejects.toMatchObject({
        code: 'INVALID_OPTION',
        message: expect.stringContaining("unknown option 'lokal'"),
      });
      await expect(call(name, ...good, 'text')).rejects.toMatchObject({ code: 'INVALID_OPTION' });
      await expect(call(name, ...good, null)).rejects.toMatchObject({ code: 'INVALID_OPTION' });
      await expectUnchanged(cache);
    });

    it('takes options that are empty or undefined', async () => {
      const { call } = await aCache(setUp);
      await call(name, ...good, {});
      await call(name, ...good, undefined);
    });
  });

  describe.each(keyed)('%s', (name) => {
    it.each([[undefined], [{}], [Symbol('key')], [() => {}], [['user', {}]]])(
      'refuses %s for a key',
      async (key) => {
        const { call } = await theCache(setUp);
        await expect(call(name, ...withKey(name, key))).rejects.toMatchObject({ code: 'INVALID_KEY' });
      },
    );
  });

  describe('single arguments', () => {
    const bad: [name: string, args: unknown[], code: string, message: RegExp][] = [
      ['put', ['ada', 1, { ttl: 0 }], 'INVALID_OPTION', /^ttl: 0 /],
      ['put', ['ada', 1, { ttl: '5 minutes' }], 'INVALID_OPTION', /^ttl: '5 minutes' /],
      ['put', ['ada', 1, { tll: 5 }], 'INVALID_OPTION', /did you mean 'ttl'/],
      ['add', ['ada', 1, { ttl: 0 }], 'INVALID_OPTION', /^ttl: 0 /],
      ['add', ['text', 1, { ttl: 'soon' }], 'INVALID_OPTION', /^ttl: 'soon' /],
      ['take', ['text', { default: 1 }], 'INVALID_OPTION', /unknown option 'default'/],
      ['incr', ['number', 1.5], 'INVALID_OPTION', /^by: 1.5 /],
      ['incr', ['number', '1'], 'INVALID_OPTION', /^by: '1' /],
      ['incr', ['number', null], 'INVALID_OPTION', /^by: null /],
      ['incr', ['number', 2 ** 53], 'INVALID_OPTION', /^by: /],
      ['incr', ['number', 1, { default: Number.NaN }], 'INVALID_OPTION', /^default: NaN /],
      ['incr', ['number', { default: 1 }], 'INVALID_OPTION', /^by: an object /],
      ['incr', ['text'], 'NON_NUMERIC_VALUE', /^'text' /],
      ['incr', ['number', Number.MAX_SAFE_INTEGER], 'NON_NUMERIC_VALUE', /is not a safe integer/],
      [
        'incr',
        ['new', 1, { default: Number.MAX_SAFE_INTEGER }],
        'NON_NUMERIC_VALUE',
        /is not a safe integer/,
      ],
      ['decr', ['number', 1.5], 'INVALID_OPTION', /^by: 1.5 /],
      ['decr', ['number', '1'], 'INVALID_OPTION', /^by: '1' /],
      ['decr', ['number', 1, { default: 0.5 }], 'INVALID_OPTION', /^default: 0.5 /],
      ['decr', ['text'], 'NON_NUMERIC_VALUE', /^'text' /],
      ['decr', ['number', -Number.MAX_SAFE_INTEGER], 'NON_NUMERIC_VALUE', /^5 \+ 9007199254740991 is not/],
      [
        'decr',
        ['new', 1, { default: Number.MIN_SAFE_INTEGER }],
        'NON_NUMERIC_VALUE',
        /^-9007199254740991 - 1 /,
      ],
      ['expire', ['text'], 'INVALID_OPTION', /^ttl: undefined /],
      ['expire', ['text', 'soon'], 'INVALID_OPTION', /^ttl: 'soon' /],
      ['expire', ['text', Number.NaN], 'INVALID_OPTION', /^ttl: NaN /],
      ['expireAt', ['text'], 'INVALID_OPTION', /^instant: undefined /],
      ['expireAt', ['text', null], 'INVALID_OPTION', /^instant: null /],
      [
        'expireAt',
        ['text', '2030-01-01'],
        'INVALID_OPTION',
        /^instant: '2030-01-01' is not an instant; use a Date/,
      ],
      ['expireAt', ['text', Number.NaN], 'INVALID_OPTION', /^instant: NaN /],
      ['expireAt', ['text', new Date(Number.NaN)], 'INVALID_OPTION', /^instant: an invalid date is not/],
      ['invoke', [undefined, 'text'], 'INVALID_OPTION', /^command: undefined is not the name of a command/],
      ['invoke', ['look', 'text', 5], 'INVALID_OPTION', /^args: 5 is not a list of arguments/],
      ['invoke', ['look', 'text', { 0: 1 }], 'INVALID_OPTION', /^args: an object is not/],
      ['invoke', ['lok', 'text'], 'UNKNOWN_COMMAND', /no command 'lok'; did you mean 'look'/],
      ['getAndUpdate', ['text'], 'INVALID_OPTION', /^update: undefined is not a function/],
      ['getAndUpdate', ['text', 5], 'INVALID_OPTION', /^update: 5 is not a function/],
      ['getAndUpdate', ['text', 'lod'], 'UNKNOWN_FUNCTION', /no function 'lod'; known: load/],
      ['getMany', [], 'INVALID_OPTION', /^keys: undefined is not a list/],
      ['getMany', ['text'], 'INVALID_OPTION', /^keys: 'text' is not a list/],
      ['getMany', [['text', undefined]], 'INVALID_KEY', /^keys\[1\]: /],
      ['putMany', [{ text: 1 }], 'INVALID_OPTION', /^pairs: an object is not a list/],
      ['putMany', [['text']], 'INVALID_OPTION', /^pairs\[0\]: 'text' is not a pair/],
      ['putMany', [[['new', 1]], { ttl: 0 }], 'INVALID_OPTION', /^ttl: 0 /],
      ['putMany', [[['new', 1]], { atomic: 1 }], 'INVALID_OPTION', /^atomic: 1 /],
      ['delMany', [['text', {}]], 'INVALID_KEY', /^keys\[1\]: /],
      ['touchMany', [5], 'INVALID_OPTION', /^keys: 5 is not a list/],
      ['prune', [], 'INVALID_OPTION', /^size: undefined /],
      ['prune', [-1], 'INVALID_OPTION', /^size: -1 is not an integer from 0/],
      ['prune', [1, { reclaim: 1.1 }], 'INVALID_OPTION', /^reclaim: 1.1 /],
      ['reset', [{ only: 'cache' }], 'INVALID_OPTION', /^only: 'cache' is not an array/],
      ['reset', [{ only: ['caches'] }], 'INVALID_OPTION', /^only: 'caches' is neither/],
      [
        'reset',
        [{ hooks: ['one'] }],
        'INVALID_OPTION',
        /^hooks: cache 'cache-\d+' has no hook 'one'; known: none/,
      ],
      ['reset', [{ only: ['cache'], hooks: ['one'] }], 'INVALID_OPTION', /^hooks: leave them out/],
      ['inspect', ['cashe'], 'INVALID_OPTION', /^what: 'cashe' cannot be inspected; did you mean 'cache'/],
      ['inspect', ['entry'], 'INVALID_KEY', /^undefined /],
      ['inspect', ['cache', { node: 'z' }], 'INVALID_OPTION', /^node: /],
      ['explain', [{}], 'INVALID_KEY', /is not a key/],
      ['stats', [{ cluster: 1 }], 'INVALID_OPTION', /^cluster: 1 /],
      ['fetch', ['ada'], 'INVALID_OPTION', /^loader: undefined /],
      ['fetch', ['ada', { load: 1 }], 'INVALID_OPTION', /^loader: an object /],
      ['fetch', ['ada', () => 1, { ttl: -5 }], 'INVALID_OPTION', /^ttl: -5 /],
      ['fetch', ['ada', 'load', { staleFor: 0 }], 'INVALID_OPTION', /^staleFor: 0 is not a duration above/],
      ['fetch', ['ada', 'load', { softTimeout: -1 }], 'INVALID_OPTION', /^softTimeout: -1 /],
      ['fetch', ['ada', 'load', { hardTimeout: 'late' }], 'INVALID_OPTION', /^hardTimeout: 'late' /],
      ['fetch', ['ada', 'load', { forceRefresh: 1 }], 'INVALID_OPTION', /^forceRefresh: 1 /],
      ['fetch', ['ada', 'load', { tags: 'a' }], 'INVALID_OPTION', /^tags: 'a' is not an array of tags/],
      ['put', ['ada', 1, { tags: ['a', 5] }], 'INVALID_OPTION', /^tags\[1\]: 5 is not a tag/],
      ['put', ['ada', 1, { tags: [''] }], 'INVALID_OPTION', /^tags\[0\]: '' is not a tag/],
      [
        'put',
        ['ada', 1, { tags: ['x'.repeat(257)] }],
        'INVALID_OPTION',
        /^tags\[0\]: 'x+…' has 257 characters/,
      ],
      [
        'add',
        ['ada', 1, { tags: Array.from({ length: 65 }, (_, n) => `${n}`) }],
        'INVALID_OPTION',
        /^tags: 65 tags are too many/,
      ],
      ['invalidateTag', [], 'INVALID_OPTION', /^tag: undefined is not a tag/],
      ['invalidateTag', [['a']], 'INVALID_OPTION', /^tag: an array is not a tag/],
      ['fetch', ['ada', 'lod'], 'UNKNOWN_FUNCTION', /cache 'cache-\d+' has no function 'lod'; known: load/],
      ['fetch', ['ada', 'toString'], 'UNKNOWN_FUNCTION', /no function 'toString'/],
    ];

    it.each(bad)('%s(%j) is refused', async (name, args, code, message) => {
      const { cache, call } = await theCache(setUp);
      await expect(call(name, ...args)).rejects.toMatchObject({
        code,
        message: expect.stringMatching(message),
      });
      await expectUnchanged(cache);
    });
  });
});

describe('bad input to a cache in this process', () => {
  it('rejects where the answer is a promise, and throws elsewhere', async () => {
    const cache = createCache();
    await expect(cache.fetch(undefined as never, 'load')).rejects.toMatchObject({ code: 'INVALID_KEY' });
    expect(() => cache.get(undefined as never)).toThrow(expect.objectContaining({ code: 'INVALID_KEY' }));
  });
});
