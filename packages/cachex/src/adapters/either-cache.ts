import type { Key } from '@cachex/router/hash';
import type { ClusterCache } from '../cluster/cluster-cache.ts';
import type { Cache } from '../local/cache.ts';

/** Methods that an adapter uses of a cache of this process, or of one that a cluster shares. What it stores is its own affair. */
export type EitherCache<N extends keyof Cache & keyof ClusterCache> =
  | Pick<Cache<Key, unknown>, N>
  | Pick<ClusterCache<Key, unknown>, N>;
