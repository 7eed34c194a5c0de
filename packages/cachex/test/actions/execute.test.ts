import { afterAll, describe, expect, it } from 'vitest';
import type { ExecuteContext, FunctionMap, Key } from '../../src/index.ts';
import { manyKeys } from '../keys.ts';
import { clusters, itSteadily, setUps } from '../set-ups.ts';

const functions = {
  count: async (key: Key, { cache, args }: ExecuteContext) => {
    for (const amount of args) await cache.incr(key, amount as number);
    return { key, sum: await cache.get(key) };
  },
  fail: async () => {
    throw Object.assign(new RangeError('no such report'), { status: 404 });
  },
  context: async (key: Key, { signal, args }: ExecuteContext) => [key, signal.aborted, args],
} as FunctionMap<Key, unknown>;

describe.each(setUps)('execute $name', (setUp) => {
  afterAll(() => setUp.close());

  it('gives a function the cache, and answers what it answers', async () => {
    const { cache, stranger } = await setUp.open();
    const answer = await stranger('ada').execute(async (whole) => {
      await Promise.all(manyKeys.map((key) => whole.put(key, key)));
      return { size: await whole.size() };
    });
    expect(answer).toEqual({ size: manyKeys.length });
    expect(await cache.get(manyKeys[3]!)).toBe(manyKeys[3]);
  });

  it('runs a function by its name, with a key and arguments', async () => {
    const { everywhere, cache } = await setUp.open({ functions });
    let sum = 0;
    for (const one of everywhere) {
      sum += 3;
      expect(await one.execute('count', { key: ['n', 1], args: [1, 2] })).toEqual({ key: ['n', 1], sum });
    }
    expect(await cache.get(['n', 1])).toBe(sum);
    expect(await cache.execute('context', { key: 'ada' })).toEqual(['ada', false, []]);
  });

  it('passes on what a function throws', async () => {
    const { stranger } = await setUp.open({ functions });
    const thrown = { name: 'RangeError', message: 'no such report', status: 404 };
    await expect(stranger('ada').execute('fail', { key: 'ada' })).rejects.toMatchObject(thrown);
    const local = stranger('ada').execute(async () => {
      throw new RangeError('not here');
    });
    await expect(local).rejects.toThrow('not here');
  });

  it.each<[args: unknown[], code: string, message: RegExp]>([
    [[5], 'INVALID_OPTION', /^work: 5 is not a function or the name of one/],
    [['count'], 'INVALID_OPTION', /^key: execute needs one/],
    [['count', { key: {} }], 'INVALID_KEY', /an object is not a key/],
    [['count', { key: 'ada', args: 5 }], 'INVALID_OPTION', /^args: 5 is not an array/],
    [['count', { kee: 'ada' }], 'INVALID_OPTION', /did you mean 'key'/],
    [['cuont', { key: 'ada' }], 'UNKNOWN_FUNCTION', /has no function 'cuont'; known: count, fail, context/],
  ])('refuses %j', async (args, code, message) => {
    const { cache } = await setUp.open({ functions });
    const call = cache.execute as unknown as (...given: unknown[]) => Promise<unknown>;
    await expect(call(...args)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  itSteadily(setUp, 'is counted where it runs', async () => {
    const heard: number[] = [];
    const { everywhere, stranger, owner, counted } = await setUp.open((node) => ({
      functions,
      stats: true,
      hooks: [{ type: 'post', actions: ['execute'], notify: () => void heard.push(node) }],
    }));
    await stranger('ada').execute('context', { key: 'ada' });
    expect((await counted()).calls).toEqual({ execute: 1 });
    expect((await owner('ada').stats()).calls.execute).toBe(1);
    await stranger('ada').execute(() => 1);
    expect((await stranger('ada').stats()).calls.execute).toBe(setUp.nodes === 1 ? 2 : 1);
    expect(heard).toEqual([everywhere.indexOf(owner('ada')), everywhere.indexOf(stranger('ada'))]);
  });
});

describe.each(clusters)('execute $name', (setUp) => {
  afterAll(() => setUp.close());

  it('names the node where a function is missing, and refuses arguments that cannot be sent', async () => {
    const { stranger } = await setUp.open((node) => (node === 0 ? { functions } : {}));
    await expect(stranger('ada').execute('lost', { key: 'ada' })).rejects.toMatchObject({
      code: 'UNKNOWN_FUNCTION',
      message: expect.stringMatching(/^node '\w+': cache 'cache-\d+' has no function 'lost'/),
    });
    const call = stranger('ada').execute('count', { key: 'ada', args: [() => 1] });
    await expect(call).rejects.toMatchObject({ code: 'NOT_SERIALIZABLE' });
  });
});
