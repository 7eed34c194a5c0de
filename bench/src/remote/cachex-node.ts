import { type ClusterNode, type JoinOptions, join } from 'cachex/cluster';

/** What is told to a process as JSON. */
export type NodeOptions = Pick<JoinOptions, 'cluster' | 'directory' | 'listen' | 'weight'>;

export const cacheName = 'users';

const functions = {
  load: (): never => {
    throw new Error('everything that is read is there');
  },
};

/** Joins, and opens the cache; partitions do not wait long to move. */
export async function openNode(options: NodeOptions) {
  const node: ClusterNode = await join({ ...options, settle: 100, keepAlive: true });
  const cache = node.cache<string, unknown, typeof functions>(cacheName, { functions });
  await node.ready();
  return { node, cache };
}
