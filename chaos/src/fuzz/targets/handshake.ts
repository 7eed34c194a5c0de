import { Acceptor } from '../../../../packages/router/dist/acceptor.js';
import { FrameType, jsonFrame, rawFrame } from '../../../../packages/router/dist/frame.js';
import { protocols } from '../../../../packages/router/dist/handshake.js';
import { pingFrame } from '../../../../packages/router/dist/heartbeat.js';
import { Codec } from '../../../../packages/router/dist/index.js';
import { defaultLimits } from '../../../../packages/router/dist/limits.js';
import { Secret } from '../../../../packages/router/dist/secret.js';
import { ManualClock } from '../../../../packages/router/dist/testing/index.js';
import type { Connection, ConnectionHandlers } from '../../../../packages/router/dist/transport.js';
import { checkReason, Flaw, type Target } from '../target.ts';

const codec = new Codec();
const secret = new Secret('correct horse battery staple');
const self = { id: 'b', incarnation: 'b1', cluster: 'test', birth: 'birth' };

const hello = {
  protocol: protocols.oldest,
  speaks: [protocols.oldest, protocols.newest],
  cluster: 'test',
  birth: 'birth',
  lasting: true,
  id: 'a',
  incarnation: 'a1',
  to: { id: 'b', incarnation: 'b1' },
};

/** The stream of one who dials: the first byte says whether there is a secret. */
export const handshake: Target = {
  name: 'handshake',
  seeds() {
    const open = jsonFrame(FrameType.hello, hello);
    const guarded = jsonFrame(FrameType.hello, { ...hello, nonce: Buffer.alloc(32).toString('base64') });
    const proof = rawFrame(FrameType.proof, Buffer.alloc(32));
    return [
      [Buffer.of(0), open],
      [Buffer.of(0), open, pingFrame(5), pingFrame(2 ** 40)],
      [Buffer.of(1), guarded, proof],
      [Buffer.of(1), guarded, proof, pingFrame(1)],
      [Buffer.of(1), open],
    ].map((parts) => Buffer.concat(parts));
  },
  async run(bytes) {
    const clock = new ManualClock();
    const guarded = ((bytes[0] ?? 0) & 1) === 1;
    let handlers: ConnectionHandlers | undefined;
    let [sent, closed, greeted] = [0, false, false];
    const connection: Connection = {
      pending: 0,
      send: (more) => {
        if (!closed) sent += more.length;
      },
      handle: (given) => {
        handlers = given;
      },
      keepAlive: () => {},
      close: () => {
        if (closed) return;
        closed = true;
        clock.defer(() => handlers?.close());
      },
    };
    const acceptor = new Acceptor(
      connection,
      {
        clock,
        codec,
        limits: defaultLimits,
        self: () => self,
        secret: guarded ? secret : undefined,
        epoch: () => 1,
        heardEpoch: () => {},
        grants: () => true,
        hears: () => true,
        failureAfter: 5_000,
        serve: () => ({ kind: 'result', value: 'served' }),
        confirm: () => true,
        withdrawn: (_request, reply) => reply,
        log: (message) => checkReason(message),
      },
      {
        greeted: () => {
          greeted = true;
        },
        ended: () => {},
      },
    );
    for (let at = 1; at < bytes.length; at += 4_096) handlers!.data(bytes.subarray(at, at + 4_096));
    if (guarded && greeted) throw new Flaw('somebody was let in who does not know the secret');
    if (sent > 4_096 + 64 * bytes.length) throw new Flaw(`${sent} bytes were sent for ${bytes.length}`);
    await clock.advance(2_001);
    if (!greeted && !closed) throw new Flaw('a handshake that does not end');
    await clock.advance(10_000);
    if (!closed) throw new Flaw('a silent link that does not end');
    acceptor.close();
    if (clock.waiting > 0) throw new Flaw(`${clock.waiting} timers go on after the end of the link`);
  },
};
