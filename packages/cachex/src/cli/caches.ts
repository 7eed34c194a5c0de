import type { Key } from '@cachex/router/hash';
import type { ClusterCache, ClusterNode } from '../cluster/index.ts';
import { suggestion } from '../describe.ts';
import type { LimitOptions, LimitRecord } from '../local/limit-options.ts';
import { policies } from '../local/limits/policies.ts';
import { exitCodes, Failure } from './failure.ts';

/** The settings of a cache, as the first who opened it has put them into the view. */
export interface AgreedSettings {
  readonly ttl: number | null;
  readonly expiration: { readonly interval: number | false; readonly lazy: boolean; readonly jitter: number };
  readonly limit: LimitRecord | null;
  readonly backups: boolean;
}

/** The caches of the cluster, by name. */
export function cachesOf(node: ClusterNode): Readonly<Record<string, AgreedSettings>> {
  return node.view.caches as Readonly<Record<string, AgreedSettings>>;
}

/** Opens a cache that the cluster has, with the settings that it has. It never makes one. */
export function openCache(node: ClusterNode, name: string): ClusterCache<Key, unknown> {
  const known = cachesOf(node);
  if (!Object.hasOwn(known, name)) {
    const hint = suggestion(name, Object.keys(known));
    throw new Failure(exitCodes.no, 'NO_CACHE', `cluster '${node.cluster}' has no cache '${name}'; ${hint}`, {
      hint: '`cachex status` shows its caches; nodes open them with node.cache(name)',
    });
  }
  const { ttl, expiration, limit, backups } = known[name]!;
  return node.cache<Key, unknown>(name, {
    ttl,
    expiration,
    backups,
    hotKeys: false,
    ...(limit === null ? {} : { limit: limitOf(limit) }),
  });
}

/** What gives the same record. What are functions of the nodes' own is never called here, where there are no entries. */
function limitOf({ size, bytes, heap, policy, sizeOf }: LimitRecord): LimitOptions {
  return {
    ...(size === null ? {} : { size }),
    ...(bytes === null ? {} : { bytes }),
    ...(heap === null ? {} : { heap }),
    policy: policy === 'custom' ? (resident) => policies.fifo(resident) : policy,
    ...(sizeOf ? { sizeOf: () => 1 } : {}),
  };
}
