import { FrameReader, FrameType, jsonFrame, rawFrame } from '../../../../packages/router/dist/frame.js';
import { Greeting } from '../../../../packages/router/dist/greeting.js';
import { protocols } from '../../../../packages/router/dist/handshake.js';
import { handshakeFrameLimit } from '../../../../packages/router/dist/limits.js';
import { Secret } from '../../../../packages/router/dist/secret.js';
import { Flaw, type Target } from '../target.ts';

const secret = new Secret('correct horse battery staple');
const welcome = { id: 'b', incarnation: 'b1', epoch: 5, protocol: protocols.newest };

/** What is answered to one who has dialled: the first byte says whether there is a secret. */
export const greeting: Target = {
  name: 'greeting',
  seeds() {
    const proved = [
      rawFrame(FrameType.challenge, Buffer.alloc(32, 1)),
      rawFrame(FrameType.proof, Buffer.alloc(32, 2)),
    ];
    const answers = [
      jsonFrame(FrameType.welcome, welcome),
      jsonFrame(FrameType.refused, { reason: 'no', code: 'NOT_TRUSTED', ended: true }),
    ];
    return answers.flatMap((answer) => [
      Buffer.concat([Buffer.of(0), answer]),
      Buffer.concat([Buffer.of(1), ...proved, answer]),
    ]);
  },
  run(bytes) {
    const guarded = ((bytes[0] ?? 0) & 1) === 1;
    const reader = new FrameReader(() => handshakeFrameLimit);
    const said = new Greeting({
      self: { id: 'a', incarnation: 'a1' },
      to: { id: 'b', incarnation: 'b1' },
      cluster: 'test',
      birth: 'birth',
      lasting: true,
      binding: undefined,
      secret: guarded ? secret : undefined,
    });
    for (const frame of reader.push(bytes.subarray(1))) {
      const step = said.take(frame);
      if (step.kind === 'welcome') {
        if (guarded) throw new Flaw('somebody is believed who does not know the secret');
        if (step.protocol < protocols.oldest || step.protocol > protocols.newest)
          throw new Flaw(`version ${step.protocol} is spoken`);
        return;
      }
      if (step.kind !== 'refusal') continue;
      if (guarded && step.refusal.ended === true) throw new Flaw('a stranger has proved a death');
      return;
    }
  },
};
