import { describe, expectTypeOf, it } from 'vitest';
import type { ClusterCache, ClusterNode } from '../src/cluster/index.ts';
import { type Cache, type CommandMap, createCache, ignore } from '../src/index.ts';

const commands = {
  last: { type: 'read', execute: (list: number[] = []) => list.at(-1) },
  at: { type: 'read', execute: (list: number[] | undefined, index: number) => list?.[index] },
  pop: {
    type: 'write',
    execute: (list: number[] = []) =>
      list.length === 0 ? ignore(undefined) : ([list[0], list.slice(1)] as const),
  },
  push: {
    type: 'write',
    execute: (list: number[] | undefined, value: number, name?: string) => [
      `${name}: ${value}`,
      [...(list ?? []), value],
    ],
  },
} as const satisfies CommandMap<number[]>;
const functions = { load: async (key: string): Promise<number[]> => [key.length] };

declare const node: ClusterNode;

// Nothing here is run; `npm run types` checks it.
const local = (): void => {
  const inferred = createCache({ functions, commands });
  expectTypeOf(inferred).toEqualTypeOf<Cache<string, number[], typeof functions, typeof commands>>();
  expectTypeOf(inferred.invoke('last', 'ada')).toEqualTypeOf<number | undefined>();
  expectTypeOf(inferred.invoke('at', 'ada', [1])).toEqualTypeOf<number | undefined>();
  expectTypeOf(inferred.invoke('pop', 'ada', [])).toEqualTypeOf<number | undefined>();
  expectTypeOf(inferred.invoke('push', 'ada', [1, 'one'])).toEqualTypeOf<string>();
  inferred.invoke('push', 'ada', [1]);
  // @ts-expect-error a wrong name
  inferred.invoke('lst', 'ada');
  // @ts-expect-error an argument is missing
  inferred.invoke('at', 'ada');
  // @ts-expect-error an argument of another type
  inferred.invoke('at', 'ada', ['1']);
  // @ts-expect-error one argument too many
  inferred.invoke('last', 'ada', [1]);
  // @ts-expect-error the key comes second
  inferred.invoke('ada', 'last');
  // @ts-expect-error a key of another type
  inferred.invoke('last', 5);

  const named = createCache<string, number[], typeof functions, typeof commands>({ functions, commands });
  expectTypeOf(named).toEqualTypeOf(inferred);

  const written = createCache({
    commands: {
      first: { type: 'read', execute: (list: string[] = []) => list[0] },
      shift: { type: 'write', execute: (list: string[] = []) => [list[0], list.slice(1)] },
    },
  });
  expectTypeOf(written.get('ada')).toEqualTypeOf<string[] | undefined>();
  expectTypeOf(written.invoke('first', 5)).toEqualTypeOf<string | undefined>();
  expectTypeOf(written.invoke('shift', 5)).toEqualTypeOf<string | undefined>();
  // @ts-expect-error a wrong name
  written.invoke('second', 5);

  // Where keys and values are named alone, any name goes, and what commands take is known.
  const loose = createCache<string, number>({
    commands: { double: { type: 'write', execute: (n = 0) => [n, n * 2] } },
  });
  expectTypeOf(loose.invoke('anything', 'ada')).toEqualTypeOf<unknown>();
  // @ts-expect-error a new value of another type
  createCache<string, number>({ commands: { bad: { type: 'write', execute: () => [1, 'one'] } } });
  // @ts-expect-error not a kind of command
  createCache<string, number>({ commands: { bad: { type: 'both', execute: () => 1 } } });
  // @ts-expect-error on a miss there is no value
  createCache<string, number>({ commands: { bad: { type: 'read', execute: (n: number) => n } } });
};

const clustered = (): void => {
  const cache = node.cache('lists', { functions, commands });
  expectTypeOf(cache).toEqualTypeOf<ClusterCache<string, number[], typeof functions, typeof commands>>();
  expectTypeOf(cache.invoke('last', 'ada', [], { timeout: '1s' })).toEqualTypeOf<
    Promise<number | undefined>
  >();
  // @ts-expect-error a wrong name
  void cache.invoke('lst', 'ada');
  void cache.call({ action: 'invoke', args: ['last', 'ada', []] });
  // @ts-expect-error a wrong name in a record
  void cache.call({ action: 'invoke', args: ['lst', 'ada', []] });
  const bare = node.cache('lists', { commands });
  expectTypeOf(bare.invoke('pop', 5)).toEqualTypeOf<Promise<number | undefined>>();
};

describe('commands', () => {
  it('are typed by name', () => {
    expectTypeOf(local).toBeFunction();
    expectTypeOf(clustered).toBeFunction();
  });
});
