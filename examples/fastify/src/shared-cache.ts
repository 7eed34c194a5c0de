import { type ClusterNode, join } from 'cachex/cluster';
import type { FastifyInstance } from 'fastify';

declare module 'fastify' {
  interface FastifyInstance {
    /** This process as a node of the cluster of all that run. */
    node: ClusterNode;
  }
}

/** Makes the application a node. When it closes, and has answered its last request, the node hands its entries over. */
export async function shareCache(app: FastifyInstance, cluster: string): Promise<void> {
  const directory = process.env.DIRECTORY;
  const node = await join({ cluster, backups: 1, ...(directory === undefined ? {} : { directory }) });
  app.decorate('node', node);
  app.addHook('onReady', () => node.ready());
  app.addHook('onClose', async () => {
    await node.leave({ within: '10s' });
  });
}
