import type { Counter } from '../action.ts';
import type { NodeStatus } from '../cluster/index.ts';
import type { MeasuredCache } from './sources.ts';

/** A figure of each cache. */
export interface CacheInstrument {
  readonly name: string;
  readonly about: string;
  readonly kind: 'counter' | 'gauge';
  readonly unit?: 'bytes';
  /** `undefined` where it is not known. */
  read(cache: MeasuredCache): number | undefined;
}

/** A figure of the node. */
export interface NodeInstrument {
  readonly name: string;
  readonly about: string;
  read(status: NodeStatus): number;
}

const counted = (name: Counter, about: string): CacheInstrument => ({
  name,
  about,
  kind: 'counter',
  read: ({ stats }) => stats?.[name],
});

/** What is told of caches; what is counted needs `stats: true`. In a cluster it is this node's share. */
export const cacheInstruments: readonly CacheInstrument[] = [
  counted('hits', 'Reads that found a live entry'),
  counted('misses', 'Reads that did not'),
  counted('writes', 'Entries written, whether new or overwritten'),
  counted('updates', 'Changes to entries that were there'),
  counted('removals', 'Entries removed on request'),
  counted('loads', 'Loaders that were run by fetch'),
  counted('invocations', 'Commands that were executed by invoke'),
  counted('expirations', 'Expired entries removed'),
  counted('evictions', 'Live entries removed to make room'),
  {
    name: 'entries',
    about: 'Entries in memory, expired ones included',
    kind: 'gauge',
    read: ({ size }) => size,
  },
  {
    name: 'entries_size',
    about: 'Bytes of keys and values, where the cache has a limit of bytes',
    kind: 'gauge',
    unit: 'bytes',
    read: ({ bytes }) => bytes ?? undefined,
  },
];

/** What is told of the node, and of its cluster as it sees it. */
export const nodeInstruments: readonly NodeInstrument[] = [
  { name: 'members', about: 'Nodes in the cluster', read: ({ members }) => members.length },
  {
    name: 'members_down',
    about: 'Nodes in the cluster to which this node has no link',
    read: ({ members }) => members.filter(({ up }) => !up).length,
  },
  { name: 'view_epoch', about: 'The epoch of the view in force', read: ({ epoch }) => epoch },
  {
    name: 'partitions_owned',
    about: 'Partitions that this node owns',
    read: ({ id, members }) => members.find((member) => member.id === id)?.partitions ?? 0,
  },
  {
    name: 'partitions_backed_up',
    about: 'Partitions of others of which this node has a copy in sync',
    read: ({ id, members }) => members.find((member) => member.id === id)?.backups ?? 0,
  },
  {
    name: 'partitions_moving',
    about: 'Partitions of the cluster that are not yet where they belong',
    read: ({ moving }) => moving,
  },
  {
    name: 'partitions_unowned',
    about: 'Partitions of the cluster that nobody owns',
    read: ({ unowned }) => unowned,
  },
  {
    name: 'partitions_under_replicated',
    about: 'Partitions of the cluster with fewer backups than there should be',
    read: ({ underReplicated }) => underReplicated,
  },
];

/** What is told of calls: how long they took, and how many have failed. */
export const callDuration = {
  name: 'call_duration',
  about: 'How long calls took at their caller',
} as const;
export const callFailures = { name: 'call_failures', about: 'Calls that have failed' } as const;

/** Bounds of the classes of durations, in seconds: calls in a process take less than the first, to other nodes more. */
export const durationBounds: readonly number[] = [
  0.000_01, 0.000_1, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5,
];
