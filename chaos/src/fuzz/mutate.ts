/** Random numbers that a seed repeats: xorshift32. */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = Math.imul(seed, 0x9e3779b1) | 1;
  }

  /** A whole number from 0 up to `below`. */
  below(below: number): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return (this.#state >>> 0) % below;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }
}

/** No input is longer. */
export const longestInput = 16 * 1024;

const claims = [0, 1, 0xff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff];

/** Bytes that mean something somewhere: marks of msgpack, names that prototypes go by, ends of numbers. */
const words = [
  ...['__proto__', 'constructor', 'prototype', 'toString', 'toJSON', '', 'null', '1e999', '-1', '[[', '{}'],
].map((word) => Buffer.from(word, 'latin1'));
const marks = [
  ...['c1', 'd47206', 'd66900000001', 'd67000000001', 'd47300', 'd46500', 'd47800', 'd66200000000', 'dc0002'],
  ...['dd7fffffff', 'dd01ffffff', 'df7fffffff', 'c67fffffff', 'db7fffffff', 'c97fffffff74', '40', '91', '81'],
  ...['7ff8000000000000', '7ff0000000000000', '80000000', 'ffffffffffff', 'a95f5f70726f746f5f5f'],
].map((hex) => Buffer.from(hex, 'hex'));

/** Words of JSON. */
const texts = [
  'null',
  '-1',
  '0',
  '1e999',
  '0.5',
  '9007199254740993',
  '[]',
  '{}',
  '""',
  '"__proto__"',
  'true',
  '[[]]',
];

type Mutation = (bytes: Buffer, dice: Dice, others: readonly Buffer[]) => Buffer;

const between = (bytes: Buffer, dice: Dice): [number, number] => {
  const from = dice.below(bytes.length + 1);
  return [from, from + dice.below(Math.min(64, bytes.length - from) + 1)];
};

const inserted = (bytes: Buffer, at: number, more: Uint8Array): Buffer =>
  Buffer.concat([bytes.subarray(0, at), more, bytes.subarray(at)]);

const mutations: readonly Mutation[] = [
  function flipBit(bytes, dice) {
    if (bytes.length > 0) bytes[dice.below(bytes.length)]! ^= 1 << dice.below(8);
    return bytes;
  },
  function setByte(bytes, dice) {
    if (bytes.length > 0) bytes[dice.below(bytes.length)] = dice.below(256);
    return bytes;
  },
  function cutShort(bytes, dice) {
    return bytes.subarray(0, dice.below(bytes.length + 1));
  },
  function remove(bytes, dice) {
    const [from, to] = between(bytes, dice);
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]);
  },
  function repeat(bytes, dice) {
    const [from, to] = between(bytes, dice);
    const times = 1 + dice.below(dice.below(8) === 0 ? 256 : 4);
    return inserted(bytes, to, Buffer.concat(Array<Buffer>(times).fill(bytes.subarray(from, to))));
  },
  function claim(bytes, dice) {
    if (bytes.length < 4) return bytes;
    bytes.writeUInt32BE(dice.pick(claims), dice.below(bytes.length - 3));
    return bytes;
  },
  function claimByte(bytes, dice) {
    if (bytes.length > 0) bytes[dice.below(bytes.length)] = dice.pick([0, 0x7f, 0x80, 0xff]);
    return bytes;
  },
  function splice(bytes, dice, others) {
    const other = dice.pick(others);
    return Buffer.concat([
      bytes.subarray(0, dice.below(bytes.length + 1)),
      other.subarray(dice.below(other.length + 1)),
    ]);
  },
  function borrow(bytes, dice, others) {
    const other = dice.pick(others);
    return inserted(bytes, dice.below(bytes.length + 1), other.subarray(...between(other, dice)));
  },
  function say(bytes, dice) {
    return inserted(bytes, dice.below(bytes.length + 1), dice.pick(dice.below(2) === 0 ? words : marks));
  },
  function replaceToken(bytes, dice) {
    const tokens = [...bytes.toString('latin1').matchAll(/"[^"]*"|[\w.-]+/g)];
    if (tokens.length === 0) return bytes;
    const { index, 0: token } = dice.pick(tokens);
    const other = dice.below(2) === 0 ? dice.pick(texts) : dice.pick(tokens)[0];
    const [before, after] = [bytes.subarray(0, index), bytes.subarray(index + token.length)];
    return Buffer.concat([before, Buffer.from(other, 'latin1'), after]);
  },
  function nest(bytes, dice) {
    const mark = dice.pick([...marks, Buffer.from('['), Buffer.from('{"a":')]);
    const times = 1 + dice.below(dice.below(16) === 0 ? 4_000 : 40);
    return inserted(bytes, dice.below(bytes.length + 1), Buffer.concat(Array<Buffer>(times).fill(mark)));
  },
  function overwrite(bytes, dice) {
    const word = dice.pick(marks);
    if (bytes.length > word.length) bytes.set(word, dice.below(bytes.length - word.length));
    return bytes;
  },
];

/** Other bytes, made of some by one or a few changes. */
export function mutate(bytes: Buffer, dice: Dice, others: readonly Buffer[]): Buffer {
  let changed = Buffer.from(bytes);
  for (let n = 1 << dice.below(4); n > 0; n -= 1)
    changed = Buffer.from(dice.pick(mutations)(changed, dice, others));
  return changed.subarray(0, longestInput);
}
