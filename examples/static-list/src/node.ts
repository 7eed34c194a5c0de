// One process of a fixed list: `node.js <id>` joins, and serves what it is asked over standard input until that ends.
import { createInterface } from 'node:readline';
import { join, staticNodes } from 'cachex/cluster';

const [id = 'a', directory] = process.argv.slice(2);
const ports = (process.env.PORTS ?? '7701,7702,7703').split(',');

/** The same at every node. The first one keeps what the cluster agrees on, so it is the one to start first. */
const nodes = ['a', 'b', 'c'].map((each, n) => ({
  id: each,
  address: `tcp://127.0.0.1:${ports[n]}`,
  weight: each === 'a' ? 1 : 2,
}));

const node = await join({
  cluster: 'static-list',
  id,
  store: staticNodes(nodes),
  secret: process.env.SECRET ?? 'only for a try: sixteen bytes',
  ...(directory === undefined ? {} : { directory }),
});
const users = node.cache<string, string>('users');
await node.ready();
console.log(`${id} is ready`);

for await (const line of createInterface({ input: process.stdin })) {
  const [key = '', value] = line.split(' ');
  if (value !== undefined) await users.put(key, value);
  const { owner } = node.route(key);
  console.log(`${id}: ${key} is ${await users.get(key)}, owned by ${owner}`);
}
await node.leave({ within: 0 });
