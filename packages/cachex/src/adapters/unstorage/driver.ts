import type { Driver, TransactionOptions } from 'unstorage';
import type { ClusterCache } from '../../cluster/cluster-cache.ts';
import { describe } from '../../describe.ts';
import { CacheError } from '../../errors.ts';
import { checkOptions, type OptionCheck } from '../../parameters.ts';
import type { EitherCache } from '../either-cache.ts';
import { clearWith, keysWith, type Walked } from '../prefixed.ts';
import { type Timed, write, writeMany } from '../timed.ts';

type Used = 'get' | 'getMany' | 'put' | 'putMany' | 'del' | 'delMany' | 'exists' | 'ttl' | 'clear';

/** Where the items are kept: in a cache of this process, or of a cluster. */
export type UnstorageCache = EitherCache<unknown, Used> & Walked;

/** Options of {@link cachexDriver}. */
export interface CachexDriverOptions {
  /** Where the items are kept. It is not closed with the storage. */
  cache: UnstorageCache;
  /** What all keys in the cache begin with, and a colon. Default: nothing. */
  base?: string;
}

interface CheckedOptions {
  readonly cache: Pick<ClusterCache<string, unknown>, Used> & Walked;
  readonly base: string;
}

const cacheCheck: OptionCheck = (option, input) => {
  if (typeof (input as { putMany?: unknown } | null | undefined)?.putMany === 'function') return input;
  const message = `${option}: ${describe(input)} is not a cache; use one of createCache or of node.cache`;
  throw new CacheError('INVALID_OPTION', message);
};

const baseCheck: OptionCheck = (option, input) => {
  if (typeof input === 'string') return input === '' ? '' : `${input.replace(/:+$/, '')}:`;
  throw new CacheError('INVALID_OPTION', `${option}: ${describe(input)} is not a string`);
};

/**
 * A driver of unstorage over a cache of this process or of a cluster: `createStorage({ driver: cachexDriver({ cache }) })`.
 *
 * `setItem(key, value, { ttl })` takes the seconds that an item is to live, as other drivers do; without it the `ttl` of the
 * cache holds. Raw items are kept as they are. `getKeys` and `clear` go by the beginning of keys: every entry of the cache is
 * looked at, where it is. Its methods reject with the errors of the cache.
 */
export function cachexDriver(options: CachexDriverOptions): Driver<CachexDriverOptions, UnstorageCache> {
  const checks = { cache: cacheCheck, base: baseCheck };
  const { cache, base = '' } = checkOptions('options', options, checks) as unknown as CheckedOptions;
  const placed = (key: string): string => base + key;
  const timed = (key: string, value: unknown, given: TransactionOptions | undefined): Timed => ({
    key: placed(key),
    value,
    left: given?.ttl ? given.ttl * 1_000 : undefined,
  });
  const getItem = async (key: string): Promise<string | null> =>
    ((await cache.get(placed(key))) ?? null) as string | null;
  const setItem = (key: string, value: unknown, given?: TransactionOptions): Promise<void> =>
    write(cache, timed(key, value, given));
  return {
    name: 'cachex',
    options,
    flags: { ttl: true },
    getInstance: () => options.cache,
    hasItem: (key) => cache.exists(placed(key)),
    getItem,
    getItemRaw: getItem,
    async getItems(items) {
      const values = await cache.getMany(items.map(({ key }) => placed(key)));
      return items.map(({ key }, n) => ({ key, value: (values[n] ?? null) as string | null }));
    },
    setItem,
    setItemRaw: setItem,
    setItems: (items, common) =>
      writeMany(
        cache,
        items.map(({ key, value, options: own }) => timed(key, value, { ...common, ...own })),
      ),
    async removeItem(key) {
      await cache.del(placed(key));
    },
    async getMeta(key) {
      const left = await cache.ttl(placed(key));
      return typeof left === 'number' ? { ttl: left / 1_000 } : null;
    },
    async getKeys(within = '') {
      const keys: string[] = [];
      for await (const key of keysWith(cache, placed(within))) keys.push(key.slice(base.length));
      return keys;
    },
    clear: (within = '') => clearWith(cache, placed(within)),
  };
}
