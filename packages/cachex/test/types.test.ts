import { describe, expectTypeOf, it } from 'vitest';
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

// Nothing here is run; `npm run types` checks it.
const checked = (): void => {
  void local.fetch('ada', 'loadUser');
  void local.fetch('ada', async () => ({ email: 'Ada' }));
  void clustered.fetch('ada', 'loadUser', { timeout: '5s' });
  // @ts-expect-error a wrong name
  void local.fetch('ada', 'loadUsr');
  // @ts-expect-error a wrong name
  void clustered.fetch('ada', 'loadUsr');
  // @ts-expect-error a closure cannot be sent
  void clustered.fetch('ada', async () => ({ email: 'Ada' }));
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
