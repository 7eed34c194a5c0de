import { describe } from './describe.ts';
import { CacheError } from './errors.ts';

/** Milliseconds, or a number with a unit: `'250ms'`, `'90s'`, `'5m'`, `'1.5h'`, `'7d'`. */
export type Duration = number | `${number}${'ms' | 's' | 'm' | 'h' | 'd'}`;

const units: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const pattern = /^(-?\d+(?:\.\d+)?)(ms|s|m|h|d)$/;

/** Reads a duration that may be negative or zero; anything else is `INVALID_OPTION` naming `option`. */
export function parseSignedDuration(option: string, input: unknown): number {
  if (typeof input === 'number' && !Number.isNaN(input)) return input;
  const match = typeof input === 'string' ? pattern.exec(input) : null;
  if (match !== null) return Number(match[1]) * units[match[2]!]!;
  throw new CacheError(
    'INVALID_OPTION',
    `${option}: ${describe(input)} is not a duration; use milliseconds or a string such as '90s', '5m' or '1h'`,
  );
}

/** Reads a duration of zero or more; anything else is `INVALID_OPTION` naming `option`. */
export function parseTimeLeft(option: string, input: unknown): number {
  const ms = parseSignedDuration(option, input);
  if (ms >= 0) return ms;
  throw new CacheError('INVALID_OPTION', `${option}: ${describe(input)} is not a duration of zero or more`);
}

/** Reads a duration above zero; anything else is `INVALID_OPTION` naming `option`. */
export function parseDuration(option: string, input: unknown): number {
  const ms = parseSignedDuration(option, input);
  if (ms > 0) return ms;
  throw new CacheError('INVALID_OPTION', `${option}: ${describe(input)} is not a duration above zero`);
}
