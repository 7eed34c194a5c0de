// One process of a cluster on several hosts: it meets the others at a NATS server, and talks to them over TLS. What it needs
// is in the environment; `ada 36` on standard input writes, `ada` reads.
import { createInterface } from 'node:readline';
import { join, leaveOnSignal } from 'cachex/cluster';
import { natsStore } from 'cachex/nats';

const { NATS = 'nats://127.0.0.1:4222', SECRET, LISTEN = 'tls://0.0.0.0:7700', ADVERTISE, ID } = process.env;
if (SECRET === undefined) throw new Error('SECRET: set it to the same 16 bytes or more at every process');

const node = await join({
  cluster: 'two-hosts',
  store: natsStore({ servers: NATS }),
  listen: LISTEN,
  secret: SECRET,
  backups: 1,
  ...(ADVERTISE === undefined ? {} : { advertise: ADVERTISE }),
  ...(ID === undefined ? {} : { id: ID }),
});
leaveOnSignal(node, { within: '20s' });
const users = node.cache<string, string>('users');
await node.ready();
console.log(`${node.id} is ready`);

for await (const line of createInterface({ input: process.stdin })) {
  const [key = '', value] = line.split(' ');
  if (value !== undefined) await users.put(key, value);
  console.log(`${node.id}: ${key} is ${await users.get(key)}, owned by ${node.route(key).owner}`);
}
await node.leave({ within: '20s' });
