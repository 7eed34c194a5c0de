import { pack, unpack } from 'msgpackr';
import { databases } from './redis-place.ts';

/** How users make what Redis stores of objects, and objects of it. */
export interface Codec {
  readonly name: string;
  readonly database: number;
  readonly encode: (value: unknown) => string | Buffer;
  /** What is not there is `null`, and then `undefined`. */
  readonly decode: (stored: never) => unknown;
  /** Whether replies have to be Buffers. */
  readonly binary: boolean;
}

export const codecs: readonly Codec[] = [
  {
    name: 'JSON',
    database: databases.JSON,
    encode: (value) => JSON.stringify(value),
    decode: (stored: string | null) => (stored === null ? undefined : JSON.parse(stored)),
    binary: false,
  },
  {
    name: 'msgpackr',
    database: databases.msgpackr,
    encode: pack,
    decode: (stored: Buffer | null) => (stored === null ? undefined : unpack(stored)),
    binary: true,
  },
];
