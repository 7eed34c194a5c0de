import type { Clock } from '@cachex/router';
import type { ClusterNode } from '../cluster/node.ts';

/** What a reader with the token may do to a cache. */
export interface OpenCache {
  clear(): Promise<number>;
  del(key: never): Promise<boolean>;
}

/** The node that a dashboard shows. */
export interface DashboardSource {
  readonly node: Pick<
    ClusterNode,
    'id' | 'cluster' | 'view' | 'status' | 'vitals' | 'setWeight' | 'on' | 'off'
  >;
  readonly clock: Clock;
  /** The cache of that name, if it is open at this node. */
  openCache(name: string): OpenCache | undefined;
}
