import type { NatsConnection } from '@nats-io/transport-node';
import { entryOf } from '../../../../packages/router/dist/nats/bucket.js';
import { ManualClock } from '../../../../packages/router/dist/testing/index.js';
import type { Connection } from '../../../../packages/router/dist/transport.js';
import {
  MessageType,
  readMessage,
  writeMessage,
} from '../../../../packages/router/dist/transports/nats-message.js';
import { NatsWire } from '../../../../packages/router/dist/transports/nats-wire.js';
import { Flaw, type Target } from '../target.ts';

type Receive = (error: Error | null, message: object) => void;

const types = Object.values(MessageType);

function told(...messages: readonly Uint8Array[]): Buffer {
  return Buffer.concat(messages.flatMap((each) => [Buffer.of(each.length), each]));
}

/** Messages of others to a node's links, each with its length before it, and what a store tells of views. */
export const nats: Target = {
  name: 'nats',
  seeds: () => [
    told(
      writeMessage(MessageType.data, 0, Buffer.from('hello')),
      writeMessage(MessageType.data, 1, Buffer.alloc(60)),
    ),
    told(...types.map((type) => writeMessage(type, 1))),
    told(
      writeMessage(MessageType.taken, 5),
      writeMessage(MessageType.probe, 0),
      writeMessage(MessageType.end, 0),
    ),
    told(writeMessage(MessageType.taken, Number.NaN), Buffer.from('view.shop.12.abc.none')),
  ],
  async run(bytes) {
    const clock = new ManualClock();
    let [sent, links, heard, ended, kept] = [0, 0, 0, false, 0];
    let receive: Receive | undefined;
    const connection = {
      info: { max_payload: 1_024 },
      subscribe: (_subject: string, { callback }: { callback: Receive }) => {
        receive = callback;
      },
      publish: (_subject: string, message: Uint8Array) => {
        sent += message.length;
      },
      isClosed: () => false,
      isDraining: () => false,
    };
    const wire = new NatsWire({
      connection: connection as unknown as NatsConnection,
      inbox: 'inbox',
      clock,
      timeout: 1_000,
      keepAlive: (active) => {
        kept += active ? 1 : -1;
      },
      counted: (by) => {
        links += by;
      },
    });
    const dialled = { data: writeMessage(MessageType.dial, 1), reply: 'other.1', subject: 'listener' };
    let link: Connection | undefined;
    wire.answer(dialled as never, (made) => {
      link = made;
    });
    link!.handle({
      data: (chunk) => {
        heard += chunk.length;
      },
      close: () => {
        ended = true;
      },
    });
    link!.send(Buffer.alloc(2_000));
    const before = sent;
    for (let at = 0; at < bytes.length; at += 1 + bytes[at]!) {
      const data = bytes.subarray(at + 1, at + 1 + bytes[at]!);
      entryOf(data.toString('latin1'));
      readMessage(data);
      receive!(null, { data, reply: at % 3 === 2 ? 'stranger' : 'other.1', subject: 'inbox.1' });
    }
    if (heard > bytes.length) throw new Flaw('more was heard than was sent');
    if (sent - before > 1_024 + 16 * bytes.length)
      throw new Flaw(`${sent} bytes were sent for ${bytes.length}`);
    // Nobody answers any more.
    await clock.advance(60_000);
    if (!ended || links !== 0 || kept !== 0) throw new Flaw('a silent link that does not end');
    if (clock.waiting > 0) throw new Flaw(`${clock.waiting} timers go on after the end of the link`);
  },
};
