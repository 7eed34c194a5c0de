import { AsyncLocalStorage } from 'node:async_hooks';
import { tracingChannel } from 'node:diagnostics_channel';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join as pathOf } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { actions } from '../src/actions/index.ts';
import { join } from '../src/cluster/index.ts';
import { type CallTrace, createCache } from '../src/index.ts';

const events = ['start', 'end', 'asyncStart', 'asyncEnd', 'error'] as const;
let undo: (() => void)[] = [];
afterEach(() => {
  for (const each of undo) each();
  undo = [];
});

/** What the channel of an action is told from now on: the event, and what was known of the call then. */
function heard(action: string): { event: string; trace: CallTrace }[] {
  const told: { event: string; trace: CallTrace }[] = [];
  const channel = tracingChannel(`cachex:${action}`);
  for (const event of events) {
    const listener = (trace: unknown): void => void told.push({ event, trace: { ...(trace as CallTrace) } });
    channel[event].subscribe(listener);
    undo.push(() => channel[event].unsubscribe(listener));
  }
  return told;
}

const names = (told: readonly { event: string }[]): string[] => told.map(({ event }) => event);

describe('the channels of a local cache', () => {
  it('are told of each call with the name of the cache, and what it answers', () => {
    const told = heard('get');
    const cache = createCache<string, number>({ name: 'users' });
    cache.put('ada', 1);
    expect(cache.get('ada')).toBe(1);
    expect(told).toEqual([
      { event: 'start', trace: { action: 'get', cache: 'users', node: undefined, args: ['ada'] } },
      { event: 'end', trace: { action: 'get', cache: 'users', node: undefined, args: ['ada'], result: 1 } },
    ]);
  });

  it('are told of aliases and call records by the name of the action', () => {
    const told = heard('del');
    const cache = createCache<string, number>();
    cache.delete('ada');
    cache.call({ action: 'del', args: ['ada'] });
    expect(told.map(({ trace }) => trace.action)).toEqual(['del', 'del', 'del', 'del']);
  });

  it('are told why a call has failed', () => {
    const told = heard('incr');
    const cache = createCache<string, unknown>();
    cache.put('ada', 'text');
    expect(() => cache.incr('ada')).toThrow();
    expect(names(told)).toEqual(['start', 'error', 'end']);
    expect(told[1]!.trace.error).toMatchObject({ code: 'NON_NUMERIC_VALUE' });
  });

  it('are told when a call that waits is over, however it ends', async () => {
    const told = heard('fetch');
    const cache = createCache<string, number>();
    expect(await cache.fetch('ada', async () => 5)).toBe(5);
    expect(names(told)).toEqual(['start', 'end', 'asyncStart', 'asyncEnd']);
    expect(told[3]!.trace.result).toBe(5);
    told.length = 0;
    const failing = cache.fetch('bob', async () => {
      throw new Error('the database is away');
    });
    await expect(failing).rejects.toThrow('the database is away');
    expect(names(told)).toEqual(['start', 'end', 'error', 'asyncStart', 'asyncEnd']);
  });

  it('bind a store that what the call does is in', async () => {
    const storage = new AsyncLocalStorage<string>();
    const { start } = tracingChannel<string, CallTrace>('cachex:fetch');
    start.bindStore(storage, ({ cache }) => `within ${cache}`);
    undo.push(() => start.unbindStore(storage));
    const cache = createCache<string, string | undefined>({ name: 'users' });
    expect(await cache.fetch('ada', async () => storage.getStore())).toBe('within users');
  });

  it('are told nothing by a cache that was created before anybody had subscribed', () => {
    const cache = createCache<string, number>();
    const told = heard('get');
    cache.get('ada');
    expect(told).toEqual([]);
  });
});

it('there is a channel for every action', () => {
  const told = Object.keys(actions).map((action) => heard(action));
  const cache = createCache<string, number>();
  for (const action of Object.keys(actions))
    try {
      void Promise.resolve((cache as unknown as Record<string, () => unknown>)[action]!()).catch(() => {});
    } catch {}
  for (const each of told) expect(names(each)[0]).toBe('start');
});

it('the channels of a cluster are told who calls, also when somebody subscribes later', async () => {
  const directory = await mkdtemp(pathOf(tmpdir(), 'cachex-'));
  const node = await join({ cluster: 'traced', directory, id: 'a' });
  try {
    const users = node.cache<string, number>('users');
    await users.put('ada', 1);
    const told = heard('get');
    expect(await users.get('ada')).toBe(1);
    expect(names(told)).toEqual(['start', 'end', 'asyncStart', 'asyncEnd']);
    expect(told[3]!.trace).toEqual({ action: 'get', cache: 'users', node: 'a', args: ['ada'], result: 1 });
  } finally {
    await node.close();
    await rm(directory, { recursive: true });
  }
});
