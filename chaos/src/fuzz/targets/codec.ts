import { Codec, Encoded } from '../../../../packages/router/dist/index.js';
import { checkClasses } from '../guards.ts';
import type { Target } from '../target.ts';

const codec = new Codec();

const cycle: Record<string, unknown> = { name: 'cycle' };
cycle.self = [cycle, new Map([[cycle, new Set([cycle])]])];

const values: readonly unknown[] = [
  { id: 1, name: 'Ada', list: [1, 2.5, -3, 2 ** 40, null, true], deep: { a: { b: { c: [] } } } },
  [
    new Map<unknown, unknown>([
      ['a', 1],
      [2, 'b'],
    ]),
    new Set([1, 'x']),
    new Date(5),
    /a+/gi,
    2n ** 80n,
    undefined,
  ],
  [new Uint8Array([1, 2]), new Float64Array([0.5]), Buffer.from('bytes'), new DataView(new ArrayBuffer(4))],
  [
    { a: 1, b: 2 },
    { a: 3, b: 4 },
    { b: 1, c: 'ü' },
  ],
  [cycle, Number.NaN, Number.POSITIVE_INFINITY, new TypeError('wrong', { cause: 'why' }), 'x'.repeat(300)],
  Array.from({ length: 70 }, (_, n) => ({ [`k${n}`]: n, m: undefined })),
];

/** A value, a list of arguments, or an error: the first byte says which. */
export const codecTarget: Target = {
  name: 'codec',
  seeds() {
    const error = Object.assign(new RangeError('far', { cause: new Error('deep') }), {
      code: 'TOO_FAR',
      cycle,
    });
    return [
      ...values.map((value) => Buffer.concat([Buffer.of(0), codec.encode(value).bytes])),
      Buffer.concat([Buffer.of(1), codec.encodeList(values)]),
      Buffer.concat([Buffer.of(1), codec.encodeList([codec.encode('x'), [codec.encode(1), [undefined]], 5])]),
      ...[error, new AggregateError([error, error], 'many')].map((each) =>
        Buffer.concat([Buffer.of(2), codec.encodeError(each)]),
      ),
    ];
  },
  run(bytes) {
    const rest = bytes.subarray(1);
    switch ((bytes[0] ?? 0) % 3) {
      case 0: {
        const value = codec.decode(new Encoded(rest));
        checkClasses(value);
        // What can be read can be kept, or is refused.
        codec.decode(codec.encode(value));
        break;
      }
      case 1:
        codec.open(codec.decodeList(rest));
        break;
      default:
        checkClasses(codec.decodeError(rest));
    }
  },
};
