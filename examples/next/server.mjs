// `node server.mjs [port]`: the site, once it is built. Start it as often as you like; all that run share one cache.
import { once } from 'node:events';
import { createServer } from 'node:http';
import next from 'next';
import { join } from './cache/node.mjs';

const [port = '3000'] = process.argv.slice(2);

const { node } = await join();
const site = next({ dev: false, dir: import.meta.dirname });
await site.prepare();
await node.ready();

const server = createServer(site.getRequestHandler());
await once(server.listen(Number(port), '127.0.0.1'), 'listening');
console.log(`listening at http://127.0.0.1:${server.address().port}`);

async function stop() {
  // First no request is taken any more, then the entries are handed over.
  await new Promise((resolve) => server.close(resolve));
  await node.leave({ within: '10s' });
  process.exit();
}

process.once('SIGTERM', stop).once('SIGINT', stop);
