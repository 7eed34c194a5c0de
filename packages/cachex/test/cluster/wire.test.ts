import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ClusterNode } from '../../src/cluster/index.ts';
import { type AnyCache, keyOf, Simulation } from './simulation.ts';

const simulation = new Simulation();
let nodes: ClusterNode[];
let caches: AnyCache[];
let elsewhere: string;
let here: string;

beforeAll(async () => {
  nodes = await simulation.joinAll('a', 'b', 'c');
  caches = nodes.map((node) => node.cache('users', { functions: { load: () => undefined } }));
  await simulation.advance(100);
  elsewhere = keyOf(nodes[0]!, 'b');
  here = keyOf(nodes[0]!, 'a');
});
afterAll(() => simulation.close());

describe('a call with bad input', () => {
  const signal = AbortSignal.abort();
  it.each<[what: string, call: (cache: AnyCache) => Promise<unknown>, code: string]>([
    ['a key', (cache) => cache.get({} as never), 'INVALID_KEY'],
    ['a key in a list', (cache) => cache.put([elsewhere, undefined] as never, 1), 'INVALID_KEY'],
    ['a value', (cache) => cache.put(elsewhere, { go: () => {} }), 'NOT_SERIALIZABLE'],
    ['a changed value', (cache) => cache.update(elsewhere, [Symbol('x')]), 'NOT_SERIALIZABLE'],
    [
      'a call that cannot be made in a cluster',
      (cache) => Promise.resolve(cache.fetchSync(elsewhere, (() => 1) as never)),
      'INVALID_OPTION',
    ],
    ['a duration', (cache) => cache.put(elsewhere, 1, { ttl: -5 }), 'INVALID_OPTION'],
    ['an option', (cache) => cache.get(elsewhere, { defualt: 1 } as never), 'INVALID_OPTION'],
    ['a timeout', (cache) => cache.get(elsewhere, { timeout: 0 }), 'INVALID_OPTION'],
    ['a signal', (cache) => cache.get(elsewhere, { signal: 'now' as never }), 'INVALID_OPTION'],
    ['local', (cache) => cache.get(elsewhere, { local: 1 as never }), 'INVALID_OPTION'],
    ['a value of partial', (cache) => cache.size({ partial: true as never }), 'INVALID_OPTION'],
    ['partial, of one key', (cache) => cache.get(elsewhere, { partial: 'allow' }), 'INVALID_OPTION'],
    ['an option of a merged call', (cache) => cache.clear({ lokal: true } as never), 'INVALID_OPTION'],
    ['a record', (cache) => cache.call({ action: 'gett', args: [elsewhere] } as never), 'INVALID_OPTION'],
    ['a write elsewhere', (cache) => cache.put(elsewhere, 1, { local: true }), 'INVALID_OPTION'],
    ['an aborted signal', (cache) => cache.get(elsewhere, { signal }), 'ABORT_ERR'],
  ])('(%s) sends nothing', async (_what, call, code) => {
    const sent = simulation.sent;
    const failure = await call(caches[0]!).catch((error: unknown) => error);
    await simulation.advance(1);
    expect(simulation.sent - sent).toBe(0);
    if (code === 'ABORT_ERR') expect(failure).toBe(signal.reason);
    else expect(failure).toMatchObject({ name: 'CacheError', code });
  });

  it('would have been seen: good input is sent', async () => {
    const sent = simulation.sent;
    await simulation.run(caches[0]!.get(elsewhere));
    expect(simulation.sent - sent).toBe(2);
  });
});

describe('a call', () => {
  it('to the node it is made on sends nothing', async () => {
    const sent = simulation.sent;
    await caches[0]!.put(here, 1);
    expect(await caches[0]!.get(here)).toBe(1);
    expect(simulation.sent - sent).toBe(0);
  });

  it('keeps its default and its own options at home', async () => {
    simulation.bytes.length = 0;
    const options = { default: 'the default', timeout: '3s', local: false } as const;
    const read = caches[0]!.get(elsewhere, options);
    expect(await simulation.run(read)).toBe('the default');
    expect(await simulation.run(caches[0]!.fetch(elsewhere, 'load', options))).toBe('the default');
    const text = Buffer.concat(simulation.bytes).toString('latin1');
    expect(text).toContain(elsewhere);
    expect(text).not.toMatch(/default|timeout|local/);
  });
});

describe('a value', () => {
  it.each([
    ['here', () => here],
    ['elsewhere', () => elsewhere],
  ])('is copied when it is put and when it is read, if its owner is %s', async (_where, key) => {
    const [cache] = caches;
    const list = [1];
    const value = { list };
    const put = cache!.put(key(), value);
    list.push(2);
    await simulation.run(put);
    list.push(3);
    const first = (await simulation.run(cache!.get(key()))) as typeof value;
    expect(first).toEqual({ list: [1] });
    first.list.push(4);
    expect(await simulation.run(cache!.get(key()))).toEqual({ list: [1] });
    const updated = cache!.update(key(), value);
    list.push(5);
    await simulation.run(updated);
    expect(await simulation.run(cache!.get(key()))).toEqual({ list: [1, 2, 3] });
  });

  it.each([
    ['here', () => here],
    ['elsewhere', () => elsewhere],
  ])('is loaded by value for each who waits, if its owner is %s', async (_where, key) => {
    const loaded = { list: [1] };
    const name = `loads-${key()}`;
    const [cache] = nodes.map((node) => node.cache(name, { functions: { load: async () => loaded } }));
    const [one, other] = await simulation.run(
      Promise.all([cache!.fetch(key(), 'load'), cache!.fetch(key(), 'load')]),
    );
    expect(one).toEqual({ list: [1] });
    expect(one).not.toBe(other);
    one.list.push(2);
    loaded.list.push(3);
    expect(await simulation.run(cache!.fetch(key(), 'load'))).toEqual({ list: [1] });
  });

  it('is read by value from the local share', async () => {
    const share = caches[0]!.local;
    await caches[0]!.put(here, { list: [1] });
    (share.get(here) as { list: number[] }).list.push(2);
    expect(share.get(here)).toEqual({ list: [1] });
  });
});
