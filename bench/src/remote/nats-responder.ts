// Answers requests over NATS from what it holds in memory: `node nats-responder.js <port>`.
import { connect } from '@nats-io/transport-node';
import { unpack } from 'msgpackr';
import type { Started } from './helper.ts';
import { subjects } from './nats-subjects.ts';

process.once('disconnect', () => process.exit());
const [, , port = ''] = process.argv;
const connection = await connect({ servers: `127.0.0.1:${port}` });
const values = new Map<string, Uint8Array>();
connection.subscribe(subjects.get, {
  callback(_error, message) {
    message.respond(values.get(message.string()));
  },
});
connection.subscribe(subjects.put, {
  callback(_error, message) {
    const [key, value] = unpack(message.data) as [string, Uint8Array];
    values.set(key, value);
    message.respond();
  },
});
connection.subscribe(subjects.putMany, {
  callback(_error, message) {
    for (const [key, value] of unpack(message.data) as [string, Uint8Array][]) values.set(key, value);
    message.respond();
  },
});
await connection.flush();
process.send!({ pid: process.pid } satisfies Started);
