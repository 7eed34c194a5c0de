import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { Codec } from '../../src/codec.ts';
import { Encoded } from '../../src/encoded.ts';
import { FrameReader } from '../../src/frame.ts';
import { Inflow } from '../../src/inflow.ts';
import { checkMessage } from '../../src/message-form.ts';
import type { StreamMessage } from '../../src/replica-stream.ts';
import { Services } from '../../src/services.ts';
import { ManualClock } from '../../src/testing/index.ts';
import { NatsLink, window } from '../../src/transports/nats-link.ts';
import { MessageType } from '../../src/transports/nats-message.ts';
import { decodeView } from '../../src/view-json.ts';
import { firstView } from '../arbitraries.ts';

const codec = new Codec();
const read = (bytes: Uint8Array): unknown => codec.decode(new Encoded(bytes));

/** Small in bytes, and endless for whoever follows each reference. */
function doubled(leaf: unknown, wrap: (inner: unknown) => unknown): unknown {
  let value = leaf;
  for (let level = 0; level < 60; level += 1) value = wrap(value);
  return value;
}

describe('bytes of a hostile node', () => {
  it('that go on behind a value with shared parts are refused, and not written out for the message', () => {
    const shared = codec.encode(doubled([null], (inner) => [inner, inner])).bytes;
    expect(() => read(Buffer.concat([shared, Buffer.of(0)]))).toThrow('bytes after a value');
  });

  it.each([
    ['a bundle of texts, which is read anew as often as it is named', 'd66200000000a0a0a0'],
    ['a bundle that lies before its place', 'd662ffffff00a1'],
    ['an extension that nobody knows', 'd4630000'],
    ['a reference that is not four bytes long', 'd57000000001'],
    ['a record of two bytes', 'd572060091a16101'],
    ['a record whose names are values', 'd472069101c0'],
    ['more elements than there are bytes', 'dd00000009c0c0'],
    ['lists within lists, each of which has room enough alone', 'dc0003dc0003dc0003c0c0c0'],
    ['a value less than a record has names', 'd4720692a161a16201'],
  ])('are refused before they are read if they have %s', (_what, hex) => {
    expect(() => read(Buffer.from(hex, 'hex'))).toThrow(RangeError);
    const bytes = Buffer.from(hex, 'hex');
    expect(() => checkMessage(bytes, 0, bytes.length)).toThrow(RangeError);
  });

  it('are refused with a RangeError whatever the unpacker makes of them', () => {
    for (const hex of ['d67000000001', 'd478c0', 'd46500c0', 'd4780091a128', 'd473c0']) {
      expect(() => read(Buffer.from(hex, 'hex'))).toThrow(RangeError);
    }
  });

  it('may say that one error is many times within others: it is rebuilt once', () => {
    const leaf = { name: 'Error', message: 'leaf', properties: {} };
    const wrap = (inner: unknown) => ({
      ...{ name: 'AggregateError', message: 'many', properties: {}, errors: [inner, inner] },
    });
    const error = codec.decodeError(codec.encode(doubled(leaf, wrap)).bytes) as AggregateError;
    expect(error).toBeInstanceOf(AggregateError);
    expect(error.errors[0]).toBe(error.errors[1]);
    const round: Record<string, unknown> = { name: 'Error', message: 'round', properties: {} };
    round.cause = round;
    const cycle = codec.decodeError(codec.encode(round).bytes) as Error;
    expect(cycle.cause).toBe(cycle);
  });

  it('may not have an error with a name that takes for ever to write out', () => {
    const name = doubled('x', (inner) => [inner, inner]);
    const { bytes } = codec.encode({ name, message: 'x', properties: {} });
    expect(() => codec.decodeError(bytes)).toThrow(RangeError);
  });

  it('may not have a list for the text of a view', () => {
    expect(() => decodeView(doubled('x', (inner) => [inner, inner]))).toThrow('not a view: no text');
  });

  it('that come one by one take not much more memory than they are', () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const reader = new FrameReader(() => 2 ** 20);
    reader.push(Buffer.of(0, 0x0f, 0xff, 0xff));
    collect();
    const used = (): number => process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers;
    const before = used();
    const count = 200_000;
    for (let n = 0; n < count; n += 1) reader.push(new Uint8Array(1));
    collect();
    expect(used() - before).toBeLessThan(10 * count);
    expect(reader.push(new Uint8Array(0xfffff - count))).toHaveLength(1);
  });

  it('cannot keep a link by way of NATS from sending for good', () => {
    let sent = 0;
    const link = new NatsLink({
      clock: new ManualClock(),
      piece: 1_024,
      send: (_type, _number, bytes) => {
        sent += bytes?.length ?? 0;
      },
      keepAlive: () => {},
      over: () => {},
    });
    link.send(Buffer.alloc(2 * window));
    for (const number of [Number.NaN, window])
      link.receive({ type: MessageType.taken, number, bytes: Buffer.alloc(0) });
    expect(sent).toBe(2 * window);
  });
});

describe('a message about copies', () => {
  const view = firstView(4);
  const take = (message: Partial<Record<keyof StreamMessage, unknown>>): unknown => {
    const services = new Services(new ManualClock());
    return new Inflow('b', services).take(view, 'a', {
      ...{ stream: 'a-1:1', sequence: 0, epoch: 1, units: [] },
      ...message,
    } as StreamMessage);
  };

  it.each<[what: string, message: Partial<Record<keyof StreamMessage, unknown>>]>([
    ['no stream', { stream: 5 }],
    ['a sequence that is no number', { sequence: Number.NaN }],
    ['an epoch that is none', { epoch: '1' }],
    ['no units', { units: undefined }],
    ['a unit that is none', { units: [null] }],
    ['a piece that is none', { units: [[5]] }],
    ['a partition that nobody has', { units: [[['', 4, ['synced']]]] }],
    ['a partition that is no number', { units: [[['', '__proto__', ['synced']]]] }],
    ['a record that is none', { units: [[['', 0, 'synced']]] }],
  ])('with %s is refused, and nothing of it applied', (_what, message) => {
    expect(() => take(message)).toThrow(RangeError);
  });

  it('with a record that cannot be applied is taken, and that copy refused', () => {
    const services = new Services(new ManualClock());
    const nothing = () => {};
    const replica = {
      ...{ snapshot: () => [], promote: nothing, demote: nothing, discard: nothing, drop: nothing },
      stage: () => {
        throw new TypeError('nonsense');
      },
    };
    services.add('box', { handlers: {}, replica });
    const inflow = new Inflow('b', services);
    const [term, origin] = [view.terms[2]!, view.origins[2]!];
    const units: StreamMessage['units'] = [[['', 2, ['open', term, origin]]], [['box', 2, ['x']]]];
    expect(inflow.take(view, 'a', { stream: 'a-1:1', sequence: 0, epoch: 1, units })).toEqual([2]);
  });
});
