// A node under load, and the dashboard of the first one. Told by the arguments: its id, and where the nodes meet.
import { join } from 'cachex/cluster';

const [, , id, directory] = process.argv;
const node = await join({ cluster: 'shop', directory, id, backups: 1, settle: '500ms' });

const sessions = node.cache('sessions', {
  ttl: '30m',
  expiration: { jitter: 0.1 },
  limit: { size: 1_500 },
  stats: true,
});
const products = node.cache('products', {
  ttl: '10m',
  limit: { bytes: '8mb' },
  stats: true,
  functions: { loadProduct: async (key) => ({ key, price: 20, name: 'A lamp of oak and paper' }) },
});

/** From 0 to 1, small numbers far more often. */
const skewed = () => Math.random() ** 4;

async function visitor() {
  const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  for (;;) {
    const breath = 1 + Math.sin(Date.now() / 9_000 + id.length + id.charCodeAt(0)) * 0.4;
    for (let n = 0; n < 12 * breath; n += 1) {
      const user = `user:${Math.floor(skewed() * 9_000)}`;
      await products.fetch(['product', 'en', Math.floor(skewed() * 600)], 'loadProduct');
      if ((await sessions.get(user)) === undefined) await sessions.put(user, { user, basket: [] });
    }
    await pause(40);
  }
}

// On a machine that is busy with something else a visitor may wait in vain, and then comes again.
const again = () => void visitor().catch(again);
for (let n = 0; n < 3; n += 1) again();
process.send(id === 'amber' ? { url: (await node.dashboard({ port: 0 })).url } : { id });
