import { describe, expectTypeOf, it } from 'vitest';
import type { ClusterCache, ClusterNode } from '../src/cluster/index.ts';
import type { Actions, Call, Loader } from '../src/index.ts';
import { type Cache, createCache } from '../src/index.ts';

interface User {
  email: string;
}

const functions = {
  loadUser: async (key: string): Promise<User> => ({ email: key }),
};
type Functions = typeof functions;
declare const local: Cache<string, User, Functions>;
declare const clustered: Actions<string, User, 'async', Functions>;

declare const node: ClusterNode;

// Nothing here is run; `npm run types` checks it.
const checked = (): void => {
  void local.fetch('ada', 'loadUser');
  void local.fetch('ada', async () => ({ email: 'Ada' }));
  void clustered.fetch('ada', 'loadUser', { timeout: '5s' });
  // @ts-expect-error a wrong name
  void local.fetch('ada', 'loadUsr');
  // @ts-expect-error a wrong name
  void clustered.fetch('ada', 'loadUsr');
  void clustered.fetch('ada', async () => ({ email: 'Ada' }), { staleFor: '1m', tags: ['users'] });
  // @ts-expect-error a loader of something else
  void clustered.fetch('ada', async () => 5);
  expectTypeOf(local.fetchSync('ada', () => ({ email: 'Ada' }))).toEqualTypeOf<User>();
  // @ts-expect-error a loader that must be awaited
  local.fetchSync('ada', async () => ({ email: 'Ada' }));
  // @ts-expect-error not in a cluster
  clustered.fetchSync('ada', () => ({ email: 'Ada' }));
  // @ts-expect-error a loader of something else
  void local.fetch('ada', async () => 5);
  // @ts-expect-error options of a cluster
  local.get('ada', { timeout: 5 });
  // @ts-expect-error a closure cannot be sent
  void clustered.update('ada', (user: User) => user);
  // @ts-expect-error a key of another type
  local.get(5);
  // @ts-expect-error a value of another type
  local.put('ada', 5);
  // @ts-expect-error a duration needs a unit
  local.put('ada', { email: 'Ada' }, { ttl: '5' });
  // @ts-expect-error objects are no keys
  createCache<{ id: number }, User>();
  // @ts-expect-error not an event
  local.on('expird', () => {});
  // @ts-expect-error not a function of the cache's keys and values
  createCache<string, User>({ functions: { load: () => 5 } });
};

describe('types', () => {
  it('answer at once or by promise', () => {
    expectTypeOf(checked).toBeFunction();
    expectTypeOf<ReturnType<typeof local.get>>().toEqualTypeOf<User | undefined>();
    expectTypeOf<ReturnType<typeof clustered.get>>().toEqualTypeOf<Promise<User | undefined>>();
    expectTypeOf<ReturnType<typeof local.fetch>>().toEqualTypeOf<Promise<User>>();
    expectTypeOf<ReturnType<typeof clustered.fetch>>().toEqualTypeOf<Promise<User>>();
    expectTypeOf<ReturnType<typeof local.keys>>().toEqualTypeOf<string[]>();
    expectTypeOf<ReturnType<typeof local.ttl>>().toEqualTypeOf<number | null | undefined>();
    expectTypeOf<ReturnType<typeof clustered.size>>().toEqualTypeOf<Promise<number>>();
  });

  it('tell updates with asynchronous functions from others', () => {
    const cache = createCache<string, User>();
    expectTypeOf(cache.update('ada', { email: 'Ada' })).toEqualTypeOf<boolean>();
    expectTypeOf(cache.update('ada', (user) => ({ ...user }))).toEqualTypeOf<boolean>();
    expectTypeOf(cache.update('ada', async (user) => ({ ...user }))).toEqualTypeOf<Promise<boolean>>();
  });

  it('know functions by name when they are given or inferred, and allow any name when only keys and values are', () => {
    const given = createCache<string, User, Functions>({ functions });
    expectTypeOf<Parameters<typeof given.fetch>[1]>().toEqualTypeOf<'loadUser' | Loader<string, User>>();
    const inferred = createCache({ functions });
    expectTypeOf(inferred).toEqualTypeOf(given);
    // @ts-expect-error a wrong name
    expectTypeOf(() => inferred.fetch('ada', 'loadUsr')).toBeFunction();
    const loose = createCache<string, User>({ functions });
    expectTypeOf<Parameters<typeof loose.fetch>[1]>().toEqualTypeOf<string | Loader<string, User>>();
  });

  it('discriminate call records by action', () => {
    type Put = Extract<Call<string, User>, { action: 'put' }>;
    expectTypeOf<Put['args'][1]>().toEqualTypeOf<User>();
  });
});

// Nothing here is run either.
const clusterChecked = async (): Promise<void> => {
  const inferred = node.cache('users', { functions });
  expectTypeOf(inferred).toEqualTypeOf<ClusterCache<string, User, Functions>>();
  expectTypeOf(inferred.fetch('ada', 'loadUser')).toEqualTypeOf<Promise<User>>();
  expectTypeOf(inferred.get('ada')).toEqualTypeOf<Promise<User | undefined>>();
  // @ts-expect-error a wrong name
  void inferred.fetch('ada', 'nope');
  // @ts-expect-error a wrong name in a record
  void inferred.call({ action: 'fetch', args: ['ada', 'nope'] });
  void inferred.call({ action: 'get', args: ['ada', { timeout: '1s' }] });
  void inferred.fetch('ada', async () => ({ email: 'Ada' }));
  void inferred.call({ action: 'fetch', args: ['ada', async () => ({ email: 'Ada' })] });
  // @ts-expect-error a key of another type
  void inferred.get(5);

  const named = node.cache<string, User, Functions>('users', { functions, ttl: '5m', stats: true });
  expectTypeOf(named).toEqualTypeOf(inferred);
  // @ts-expect-error a wrong name
  void named.fetch('ada', 'nope');

  const loose = node.cache<string, User>('users', { functions });
  expectTypeOf<Parameters<typeof loose.fetch>[1]>().toEqualTypeOf<string | Loader<string, User>>();
  // @ts-expect-error not a function of the cache's keys and values
  node.cache<string, User>('users', { functions: { load: () => 5 } });
  // @ts-expect-error an option of a local cache
  node.cache('users', { clone: true });
  // @ts-expect-error objects are no keys
  node.cache<{ id: number }, User>('users');

  expectTypeOf(inferred.local.get('ada')).toEqualTypeOf<User | undefined>();
  expectTypeOf(inferred.local.size()).toEqualTypeOf<number>();
  // @ts-expect-error the local share is read only
  inferred.local.put('ada', { email: 'Ada' });
  // @ts-expect-error options of a call that reaches other nodes
  inferred.local.get('ada', { timeout: 5 });
  // @ts-expect-error a duration needs a unit
  void inferred.get('ada', { timeout: '5' });
  // @ts-expect-error not an event
  inferred.on('expird', () => {});
};

describe('types of a clustered cache', () => {
  it('follow from the functions, or are named', () => {
    expectTypeOf(clusterChecked).toBeFunction();
  });
});
