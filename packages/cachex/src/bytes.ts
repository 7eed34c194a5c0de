import { describe } from './describe.ts';
import { CacheError } from './errors.ts';

/** A number of bytes, or one with a unit of powers of 1024: `'64kb'`, `'256mb'`, `'1.5gb'`. */
export type Bytes = number | `${number}${'b' | 'kb' | 'mb' | 'gb'}`;

const units: Readonly<Record<string, number>> = { b: 1, kb: 2 ** 10, mb: 2 ** 20, gb: 2 ** 30 };
const pattern = /^(\d+(?:\.\d+)?)(b|kb|mb|gb)$/i;

/** Reads a number of bytes above zero; anything else is `INVALID_OPTION` naming `option`. */
export function parseBytes(option: string, input: unknown): number {
  const match = typeof input === 'string' ? pattern.exec(input) : null;
  const bytes = match === null ? input : Number(match[1]) * units[match[2]!.toLowerCase()]!;
  if (typeof bytes === 'number' && bytes >= 1 && Number.isFinite(bytes)) return Math.floor(bytes);
  throw new CacheError(
    'INVALID_OPTION',
    `${option}: ${describe(input)} is not a number of bytes; use a number, or a string such as '64kb' or '256mb'`,
  );
}
