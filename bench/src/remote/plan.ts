import type { NodeRuntime } from '../newest-node.ts';
import { recordedClusters } from '../recorded.ts';
import type { RemoteCandidate } from './client.ts';
import {
  beside,
  besideRecorded,
  type RemoteComparison,
  type RemoteRun,
  type Targets,
} from './comparisons.ts';
import { allLoads, type Load } from './load.ts';

/** The ratios to reach: what cachex set out to be. */
const targets = {
  /** At 256 in flight, with as many bytes over the same kind of socket. */
  redis: { throughput: 2, processor: 1 / 0.6 },
  redisCrowded: { throughput: 5 },
  redisAlone: { p50: 1 },
  /** Redis without it. */
  tls: { throughput: 1.3 },
  threeNodes: { throughput: 2.5 },
  getMany: { throughput: 2 },
  nearCache: { throughput: 50 },
  nats: { throughput: 1 },
  recorded: { throughput: 6, processor: 10 },
  /** A cluster of one, beside the local cache. */
  one: { throughput: 0.9 },
} as const satisfies Record<string, Targets>;

const get = (inFlight: number): Load => ({ operation: 'get', inFlight, bytes: 100 });
const getMany = (inFlight: number): Load => ({ operation: 'getMany', inFlight, bytes: 100 });

const usual = { throughput: undefined, processor: undefined } satisfies Targets;
const latencies = { p50: undefined, p99: undefined } satisfies Targets;

/** The lines that have targets, and those beside others that one would use. */
export function briefComparisons(node?: NodeRuntime): RemoteComparison[] {
  const on = (candidate: string, load: Load): RemoteRun => ({
    ...{ candidate, load },
    ...(node === undefined ? {} : { node }),
  });
  const both = (load: Load, ours: string, peer: string, wanted: Targets): RemoteComparison[] =>
    beside(on(ours, load), on(peer, load), wanted);
  const redis5 = 'node-redis 5, msgpackr, unix';
  const redis5Tcp = 'node-redis 5, msgpackr, tcp';
  return [
    ...both(get(256), 'cachex, unix', redis5, { ...targets.redis, ...latencies }),
    ...both(get(256), 'cachex, unix', 'node-redis 6, msgpackr, unix', targets.redis),
    ...both(get(256), 'cachex, unix', 'node-redis 6 without timeout, msgpackr, unix', targets.redis),
    ...['node-redis 5, JSON, unix', 'ioredis, msgpackr, unix', 'keyv, unix'].flatMap((peer) =>
      both(get(256), 'cachex, unix', peer, usual),
    ),
    ...['cacheable in two tiers, unix', 'bentocache in two tiers, unix'].flatMap((peer) =>
      both(get(256), 'cachex, unix', peer, usual),
    ),
    ...both(get(256), 'cachex, tcp', redis5Tcp, targets.redis),
    ...both(get(256), 'cachex, tcp', 'node-redis 6 without timeout, msgpackr, tcp', targets.redis),
    ...both(get(256), 'cachex, tcp', 'NATS request/reply, msgpackr, tcp', usual),
    ...both(get(256), 'cachex, tls', redis5Tcp, targets.tls),
    ...both(get(256), 'cachex, nats', redis5Tcp, targets.nats),
    ...both(get(256), 'cachex, nats', 'NATS request/reply, msgpackr, tcp', usual),
    ...both(get(256), 'cachex, three nodes', redis5, targets.threeNodes),
    ...(['put', 'mixed', 'fetch'] as const).flatMap((operation) =>
      both({ ...get(256), operation }, 'cachex, unix', redis5, usual),
    ),
    ...both(get(4_096), 'cachex, unix', redis5, targets.redisCrowded),
    ...both(get(1), 'cachex, unix', redis5, { ...targets.redisAlone, p99: undefined }),
    ...[1, 16].flatMap((inFlight) => both(getMany(inFlight), 'cachex, unix', redis5, targets.getMany)),
    ...both(get(1), 'cachex, near cache', redis5, targets.nearCache),
    ...both(get(1), 'cachex, cluster of one', 'cachex, local with promises', targets.one),
    ...besideRecordedClusters(on),
  ];
}

/** Beside Cachex on the BEAM: keys that are all elsewhere, and keys that are everywhere. */
function besideRecordedClusters(on: (candidate: string, load: Load) => RemoteRun): RemoteComparison[] {
  const { name, remote, everywhere } = recordedClusters;
  return (['throughput', 'processor'] as const).flatMap((measure) => [
    besideRecorded(on('cachex, unix', get(256)), measure, remote[measure], name, targets.recorded[measure]),
    besideRecorded(on('cachex, three nodes', get(256)), measure, everywhere[measure], name),
  ]);
}

/** Over what peers are reached that are shown beside each kind of socket: none of them is measured with TLS. */
const linkOfPeers = { unix: 'unix', tcp: 'tcp', tls: 'tcp' } as const;

/** Every load, over each kind of socket, beside each peer that has such a one. */
export function allComparisons(
  candidates: readonly RemoteCandidate[],
  nodes: readonly (NodeRuntime | undefined)[],
): RemoteComparison[] {
  const matrix = nodes.flatMap((node) => {
    const at = node === undefined ? {} : { node };
    return allLoads().flatMap((load) =>
      (['unix', 'tcp', 'tls'] as const).flatMap((link) =>
        candidates
          .filter((peer) => peer.link === linkOfPeers[link] && !peer.name.startsWith('cachex'))
          .filter(({ onlySingle }) => load.operation !== 'getMany' || onlySingle !== true)
          .flatMap(({ name }) =>
            beside(
              { candidate: `cachex, ${link}`, load, ...at },
              { candidate: name, load, ...at },
              load.inFlight === 1 ? { ...usual, ...latencies } : usual,
            ),
          ),
      ),
    );
  });
  const lines = [...nodes.flatMap((node) => briefComparisons(node)), ...matrix];
  // Those with targets come first, and are not repeated without.
  const distinct = new Map<string, RemoteComparison>();
  for (const line of lines) {
    const name = `${line.case} ${line.peerName}`;
    if (!distinct.has(name)) distinct.set(name, line);
  }
  return [...distinct.values()];
}
