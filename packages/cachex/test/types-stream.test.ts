import { describe, expectTypeOf, it } from 'vitest';
import type { ClusterCache } from '../src/cluster/index.ts';
import { type Cache, createCache, type EntryRecord, type StreamedEntry } from '../src/index.ts';

interface User {
  email: string;
}
declare const local: Cache<string, User>;
declare const clustered: ClusterCache<string, User>;

// Nothing here is run; `npm run types` checks it.
const checked = (): void => {
  // @ts-expect-error not a field
  local.stream({ where: { valu: 1 } });
  // @ts-expect-error not an operator
  local.stream({ where: { 'value.email': { startWith: 'a' } } });
  // @ts-expect-error not a field
  local.stream({ select: ['key', 'values'] });
  // @ts-expect-error a value of another type
  local.import([{ key: 'ada', value: 5 }]);
  // @ts-expect-error an option of a cluster
  void local.dump('path', { timeout: 5 });
  // @ts-expect-error not an option
  void clustered.load('path', { onProgres: () => {} });
  void clustered.load('path', { onProgress: (entries: number) => entries, timeout: '1m' });
  const where = { key: { startsWith: 'a' }, or: [{ 'value.email': 'a' }, { expiration: null }] } as const;
  local.stream({ where: { not: where, modified: { gt: new Date() } } });
};

describe('types of what answers piece by piece', () => {
  it('are iterable at once, or by promises', () => {
    expectTypeOf(checked).toBeFunction();
    expectTypeOf<ReturnType<typeof local.entries>>().toEqualTypeOf<
      IterableIterator<[key: string, value: User]>
    >();
    expectTypeOf<ReturnType<typeof local.export>>().toEqualTypeOf<
      IterableIterator<EntryRecord<string, User>>
    >();
    expectTypeOf<ReturnType<typeof clustered.entries>>().toEqualTypeOf<
      AsyncIterableIterator<[key: string, value: User]>
    >();
    expectTypeOf<ReturnType<typeof local.dump>>().toEqualTypeOf<Promise<number>>();
  });

  it('follow from what is selected', () => {
    const cache = createCache<string, User>();
    expectTypeOf(cache.stream()).toEqualTypeOf<IterableIterator<StreamedEntry<string, User>>>();
    expectTypeOf(cache.stream({ select: 'key' })).toEqualTypeOf<IterableIterator<string>>();
    expectTypeOf(cache.stream({ select: 'value' })).toEqualTypeOf<IterableIterator<User>>();
    expectTypeOf(cache.stream({ select: 'value.email' })).toEqualTypeOf<IterableIterator<unknown>>();
    const some = cache.stream({ select: ['key', 'value.email', 'expiration'] });
    expectTypeOf(some).toEqualTypeOf<
      IterableIterator<{ key: string; 'value.email': unknown; expiration: number | null }>
    >();
    expectTypeOf(cache.import([])).toEqualTypeOf<number>();
  });
});
