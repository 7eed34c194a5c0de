// A process with a BentoCache of two levels, the second of which is a cache of the cluster, and a bus. It does what its parent
// asks: `{ call, method, args }` is answered with `{ call, value }` or `{ call, code, message }`.
import { BentoCache, bentostore } from 'bentocache';
import { memoryDriver } from 'bentocache/drivers/memory';
import { cachexBus, cachexDriver } from 'cachex/bentocache';
import { join } from 'cachex/cluster';

const { id, directory } = JSON.parse(process.argv[2]);
const node = await join({ cluster: 'bento', directory, id, settle: '10ms' });
const cache = node.cache('bento');
const store = (prefix) => bentostore().useL1Layer(memoryDriver()).useL2Layer(cachexDriver({ cache, prefix }));
const bento = new BentoCache({
  default: 'told',
  ttl: '1h',
  stores: {
    told: store('told').useBus(cachexBus({ node, timeout: '10s' })),
    untold: store('untold'),
  },
});

process.on('message', async ({ call, method, args }) => {
  try {
    if (method === 'close') {
      await bento.disconnectAll();
      await node.close();
      process.send({ call }, () => process.disconnect());
      return;
    }
    const [name, given] = args;
    process.send({ call, value: await bento.use(name)[method](given) });
  } catch (error) {
    process.send({ call, code: error.code ?? error.name, message: error.message });
  }
});
process.send({ joined: id });
