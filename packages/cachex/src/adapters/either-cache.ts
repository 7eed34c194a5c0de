import type { ClusterCache } from '../cluster/cluster-cache.ts';
import type { Cache } from '../local/cache.ts';

/** Methods that an adapter uses of a cache of this process, or of one that a cluster shares. */
export type EitherCache<V, N extends keyof Cache<string, V> & keyof ClusterCache<string, V>> =
  | Pick<Cache<string, V>, N>
  | Pick<ClusterCache<string, V>, N>;
