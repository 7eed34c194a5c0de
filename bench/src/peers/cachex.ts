import { type CacheOptions, type Clock, createCache } from 'cachex';
import type { Ageing, Candidate, Key, SyncCache } from '../candidate.ts';

type Options = Partial<CacheOptions<Key>>;

/** As most would set it up: with a time to live, a limit and the default policy. */
function create(size: number, options: Options) {
  return createCache<Key, unknown>({ ttl: '1h', limit: { size }, ...options });
}

function adapt(size: number, options: Options): SyncCache {
  const cache = create(size, options);
  return {
    get: (key) => cache.get(key),
    put: (key, value) => {
      cache.put(key, value);
    },
  };
}

/** The time of this process, with a jump. */
function jumpingClock(): { clock: Clock; jump: (ms: number) => void } {
  let jumped = 0;
  return {
    jump: (ms) => {
      jumped += ms;
    },
    clock: {
      now: () => performance.now() + jumped,
      wallTime: () => Date.now() + jumped,
      after(ms, task) {
        const timer = setTimeout(task, ms).unref();
        return { cancel: () => clearTimeout(timer) };
      },
      defer: (task) => void setImmediate(task),
    },
  };
}

function openAgeing(size: number): Ageing {
  const { clock, jump } = jumpingClock();
  const cache = create(size, { clock });
  return {
    cache: {
      get: (key) => cache.get(key),
      put: (key, value) => {
        cache.put(key, value);
      },
    },
    size: () => cache.size(),
    age: () => jump(2 * 3_600_000),
  };
}

/** A hook that does as little as one can. */
function countingHook(): NonNullable<Options['hooks']>[number] {
  let told = 0;
  return {
    type: 'post',
    notify() {
      told += 1;
    },
    reset: () => told,
  };
}

function ttlOf(ttl: number | undefined): Options {
  return ttl === undefined ? {} : { ttl };
}

export const candidates: readonly Candidate[] = [
  {
    name: 'cachex',
    ...{ style: 'sync', ttl: true, limit: true },
    open: (size, ttl) => adapt(size, ttlOf(ttl)),
    openAgeing,
  },
  {
    name: 'cachex with stats',
    ...{ style: 'sync', ttl: true, limit: true },
    open: (size, ttl) => adapt(size, { stats: true, ...ttlOf(ttl) }),
  },
  {
    name: 'cachex with a hook',
    ...{ style: 'sync', ttl: true, limit: true },
    open: (size, ttl) => adapt(size, { hooks: [countingHook()], ...ttlOf(ttl) }),
  },
];
