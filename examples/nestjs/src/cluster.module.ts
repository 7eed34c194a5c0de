import { Global, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { ClusterNode, join } from 'cachex/cluster';

const nodeProvider = {
  provide: ClusterNode,
  useFactory: (): Promise<ClusterNode> => {
    const directory = process.env.DIRECTORY;
    return join({ cluster: 'nestjs-example', backups: 1, ...(directory === undefined ? {} : { directory }) });
  },
};

/** Makes the application a node of the cluster of all that run. After its last answer it hands its entries over. */
@Global()
@Module({ providers: [nodeProvider], exports: [nodeProvider] })
export class ClusterModule implements OnApplicationShutdown {
  @Inject(ClusterNode) private readonly node!: ClusterNode;

  async onApplicationShutdown(): Promise<void> {
    await this.node.leave({ within: '10s' });
  }
}
