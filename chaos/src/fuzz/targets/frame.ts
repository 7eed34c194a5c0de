import { Encoded } from '../../../../packages/router/dist/encoded.js';
import {
  FrameReader,
  FrameType,
  finishFrame,
  type Request,
  readReplies,
  readRequests,
  startFrame,
  writeReply,
  writeRequest,
} from '../../../../packages/router/dist/frame.js';
import { Codec } from '../../../../packages/router/dist/index.js';
import { checkClasses } from '../guards.ts';
import { Flaw, type Target } from '../target.ts';

const codec = new Codec();

const request: Request = {
  id: 7,
  budget: 1_000,
  target: { kind: 'key', hash: 0xdeadbeef },
  repeatable: true,
  service: 'cache:users',
  handler: 'get',
  args: ['ada', { list: [1, 2.5, null], map: new Map([['a', new Set([1n])]]) }],
};

function calls(...requests: readonly Request[]): Buffer {
  const writer = startFrame(FrameType.calls);
  for (const each of requests) writeRequest(writer, each, each.budget, codec);
  return finishFrame(writer);
}

function replies(): Buffer {
  const writer = startFrame(FrameType.replies);
  const covered = Buffer.of(0xff, 0x01);
  writeReply(writer, 1, { kind: 'result', value: { born: new Date(0), tags: ['a', 'b'] }, note: 9 }, codec);
  writeReply(writer, 2, { kind: 'result', value: codec.encode([1, 2, 3]), covered }, codec);
  const error = new AggregateError([new TypeError('one'), new Error('two', { cause: 3 })], 'many');
  writeReply(writer, 3, { kind: 'thrown', error }, codec);
  writeReply(writer, 4, { kind: 'wrongOwner', epoch: 2 ** 40 }, codec);
  writeReply(writer, 5, { kind: 'refused', code: 'OVERLOADED', message: 'too much' }, codec);
  return finishFrame(writer);
}

/** The stream of a link, cut into chunks: the first byte says how long they are. */
export const frame: Target = {
  name: 'frame',
  seeds() {
    const set = Buffer.of(0xff, 0xff);
    const seeds = [
      calls(request, { ...request, id: 8, retryOf: 3, hint: 2 }),
      calls({ ...request, target: { kind: 'partitions', set }, args: [new Encoded(Buffer.of(0x01))] }),
      calls({
        ...request,
        target: { kind: 'node' },
        repeatable: false,
        args: [undefined, [codec.encode('x')]],
      }),
      replies(),
      Buffer.concat([replies(), calls(request)]),
    ];
    return seeds.flatMap((seed) => [1, 7, 255].map((cut) => Buffer.concat([Buffer.of(cut), seed])));
  },
  run(bytes) {
    const limit = 64 * 1024;
    const reader = new FrameReader(() => limit);
    const cut = Math.max(1, bytes[0] ?? 1);
    let read = 0;
    for (let at = 1; at < bytes.length; at += cut) {
      for (const { type, body } of reader.push(bytes.subarray(at, at + cut))) {
        read += body.length;
        if (read > bytes.length || body.length > limit) throw new Flaw('more was read than was sent');
        if (type === FrameType.calls)
          for (const { args } of readRequests(body, codec)) checkClasses(codec.open(args));
        else
          for (const open of [true, false])
            readReplies(
              body,
              codec,
              () => open,
              (_id, reply) => {
                if (reply.kind === 'result' && open) checkClasses(reply.value);
                if (reply.kind === 'thrown') checkClasses(reply.error);
              },
            );
      }
    }
  },
};
