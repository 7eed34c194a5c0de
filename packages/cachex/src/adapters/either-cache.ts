import type { Key } from '@cachex/router/hash';
import type { ClusterCache } from '../cluster/cluster-cache.ts';
import type { Cache } from '../local/cache.ts';

/** Methods that an adapter uses of a cache of this process, or of one that a cluster shares. */
export type EitherCache<V, N extends keyof Cache & keyof ClusterCache> =
  | Pick<Cache<Key, V>, N>
  | Pick<ClusterCache<Key, V>, N>;
