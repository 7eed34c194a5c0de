import { pack, unpack } from 'msgpackr';

/** How users make what Redis stores of objects, and objects of it. */
export interface Codec {
  readonly name: string;
  /** Which database of the server has values of this form. */
  readonly database: number;
  readonly encode: (value: unknown) => string | Buffer;
  readonly decode: (stored: never) => unknown;
  /** Whether replies have to be Buffers. */
  readonly binary: boolean;
}

export const codecs: readonly Codec[] = [
  {
    name: 'JSON',
    database: 1,
    encode: (value) => JSON.stringify(value),
    decode: (stored: string) => JSON.parse(stored),
    binary: false,
  },
  { name: 'msgpackr', database: 2, encode: pack, decode: (stored: Buffer) => unpack(stored), binary: true },
];
