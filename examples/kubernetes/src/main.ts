// A service whose pods share one cache: GET and PUT /users/<id>, /healthz and /readyz. The manifests beside set what it reads
// from the environment.
import { createServer } from 'node:http';
import { type ClusterCache, type JoinOptions, join, leaveOnSignal, staticNodes } from 'cachex/cluster';
import { pod, statefulSet } from 'cachex/kubernetes';
import { natsStore } from 'cachex/nats';

const { SECRET, NATS, STATEFUL_SET, SERVICE, REPLICAS, DIRECTORY } = process.env;
const { PORT = '8080', CACHE_PORT = '7700' } = process.env;
if (SECRET === undefined) throw new Error('SECRET: set it to the same 16 bytes or more at every pod');
const port = Number(CACHE_PORT);

/** Where the cluster agrees, and where others find this pod: NATS and its IP address, or a StatefulSet and its name there. */
async function place(): Promise<JoinOptions> {
  if (NATS !== undefined) {
    const servers = NATS.split(',');
    return { ...(await pod({ port })), store: natsStore({ servers, replicas: servers.length }) };
  }
  if (STATEFUL_SET === undefined || SERVICE === undefined || DIRECTORY === undefined)
    throw new Error('set NATS, or STATEFUL_SET, SERVICE, REPLICAS and DIRECTORY');
  const set = { name: STATEFUL_SET, service: SERVICE, replicas: Number(REPLICAS), port };
  return {
    ...(await pod({ port, service: SERVICE, within: '2m' })),
    store: staticNodes(statefulSet(set)),
    directory: DIRECTORY,
  };
}

let state: 'starting' | 'ready' | 'leaving' = 'starting';
let users: ClusterCache<string, string> | undefined;

// Before it has joined: it lives, although it is not ready.
createServer(async (request, response) => {
  const { pathname } = new URL(request.url ?? '/', 'http://localhost');
  const [, kind, id] = pathname.split('/');
  try {
    if (pathname === '/healthz') response.end('ok\n');
    else if (pathname === '/readyz') response.writeHead(state === 'ready' ? 200 : 503).end(`${state}\n`);
    else if (kind !== 'users' || !id) response.writeHead(404).end();
    else if (users === undefined) response.writeHead(503).end();
    else if (request.method === 'PUT') {
      request.setEncoding('utf8');
      await users.put(id, (await request.toArray()).join(''));
      response.writeHead(204).end();
    } else {
      const user = await users.get(id);
      response.writeHead(user === undefined ? 404 : 200).end(user);
    }
  } catch (error) {
    console.error(error);
    if (!response.headersSent) response.writeHead(503);
    response.end();
  }
}).listen(Number(PORT));

const node = await join({
  ...(await place()),
  cluster: 'users',
  secret: SECRET,
  backups: 1,
  joinTimeout: '5m',
});
node.on('error', (error) => {
  // The cluster goes on without this node: Kubernetes starts the container again.
  console.error(error);
  process.exit(1);
});
process.once('SIGTERM', () => {
  state = 'leaving';
});
leaveOnSignal(node, { within: '30s' });
users = node.cache<string, string>('users', { ttl: '1h' });
await node.ready();
if (state === 'starting') state = 'ready';
console.log(`${node.id} is ready`);
