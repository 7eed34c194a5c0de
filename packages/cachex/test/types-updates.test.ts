import { describe, expectTypeOf, it } from 'vitest';
import type { ClusterNode } from '../src/cluster/index.ts';
import { createCache, ignore } from '../src/index.ts';

interface User {
  email: string;
  visits: number;
}

const functions = {
  load: async (key: string, { signal }: { signal: AbortSignal }): Promise<User> => ({
    email: `${key}${signal.aborted}`,
    visits: 0,
  }),
  visit: (user: User | undefined, key: string): User => ({ email: key, visits: (user?.visits ?? 0) + 1 }),
  visitLater: async (user: User = { email: '', visits: 0 }) => (user.visits > 5 ? ignore(user) : user),
};

declare const node: ClusterNode;

// Nothing here is run; `npm run types` checks it.
const checked = (): void => {
  const cache = createCache({ functions });
  expectTypeOf(cache.get('ada')).toEqualTypeOf<User | undefined>();
  expectTypeOf(cache.getAndUpdate('ada', 'visit')).toEqualTypeOf<User>();
  expectTypeOf(cache.getAndUpdate('ada', 'visitLater')).toEqualTypeOf<Promise<User>>();
  expectTypeOf(cache.getAndUpdate('ada', (user) => user ?? { email: '', visits: 1 })).toEqualTypeOf<User>();
  expectTypeOf(
    cache.getAndUpdate('ada', async (user, key) => user ?? { email: key, visits: 1 }),
  ).toEqualTypeOf<Promise<User>>();
  void cache.fetch('ada', 'load');
  // @ts-expect-error a loader
  cache.getAndUpdate('ada', 'load');
  // @ts-expect-error a wrong name
  cache.getAndUpdate('ada', 'vist');
  // @ts-expect-error a value of another type
  cache.getAndUpdate('ada', () => 5);
  // @ts-expect-error a key of another type
  cache.getAndUpdate(5, 'visit');

  const named = createCache<string, User, typeof functions>({ functions });
  expectTypeOf(named).toEqualTypeOf(cache);
  const loose = createCache<string, User>({ functions });
  expectTypeOf(loose.get('ada')).toEqualTypeOf<User | undefined>();
  void loose.getAndUpdate('ada', 'visit');
  const numbers = createCache({
    functions: { double: (n: number | undefined, _key: string) => (n ?? 1) * 2 },
  });
  expectTypeOf(numbers.getAndUpdate('ada', 'double')).toEqualTypeOf<number>();
  // @ts-expect-error not a function of the cache's keys and values
  createCache<string, User>({ functions: { visit: (n: number | undefined, _key: string) => n } });

  const shared = node.cache('users', { functions });
  expectTypeOf(shared.getAndUpdate('ada', 'visit', { timeout: '1s' })).toEqualTypeOf<Promise<User>>();
  expectTypeOf(shared.getAndUpdate('ada', 'visitLater')).toEqualTypeOf<Promise<User>>();
  // @ts-expect-error a wrong name
  void shared.getAndUpdate('ada', 'load');
  void node.cache<string, User>('users', { functions }).getAndUpdate('ada', 'visit');
};

describe('updates', () => {
  it('know functions by name, and tell them from loaders', () => {
    expectTypeOf(checked).toBeFunction();
  });
});
