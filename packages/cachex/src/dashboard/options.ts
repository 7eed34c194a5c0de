import { describe } from '../describe.ts';
import { CacheError } from '../errors.ts';
import { checkOptions, nameFrom, type OptionCheck } from '../parameters.ts';
import { isLoopback } from './access.ts';

/** Options of `dashboard`. */
export interface DashboardOptions {
  /** From 0 to 65535; 0 for any that is free. */
  port: number;
  /** The address to listen at. Any other than of this machine alone needs a `token`. Default: `'127.0.0.1'`. */
  host?: string;
  /**
   * What a reader must know, of at least 16 characters. With it nobody sees anything who does not give it, and who does may
   * clear a cache, delete a key, and set the weight of this node. Without it everybody on this machine may look, and nobody
   * may change anything. Default: none.
   */
  token?: string;
}

export interface DashboardSettings {
  readonly port: number;
  readonly host: string;
  readonly token: string | undefined;
}

const shortestToken = 16;

const portNumber: OptionCheck = (option, input) => {
  if (Number.isInteger(input) && (input as number) >= 0 && (input as number) < 65_536) return input;
  throw new CacheError('INVALID_OPTION', `${option}: ${describe(input)} is not an integer from 0 to 65535`);
};

/** The message must not tell it. */
const secretText: OptionCheck = (option, input) => {
  if (typeof input === 'string' && input.length >= shortestToken) return input;
  const message = `${option}: give a string of at least ${shortestToken} characters, such as crypto.randomUUID() makes`;
  throw new CacheError('INVALID_OPTION', message);
};

/** Checks the options of a dashboard; anything bad or unknown is `INVALID_OPTION`, naming it. */
export function readDashboardOptions(options: unknown): DashboardSettings {
  const checked = checkOptions('options', options, { port: portNumber, host: nameFrom, token: secretText });
  const { port, host = '127.0.0.1', token } = checked as Partial<DashboardSettings>;
  if (port === undefined)
    throw new CacheError('INVALID_OPTION', 'port: say at which port; 0 is any that is free');
  if (token === undefined && !isLoopback(host))
    throw new CacheError(
      'INVALID_OPTION',
      `host: ${describe(host)} can be reached from elsewhere, where anybody could look: give a token as well, or leave host out`,
    );
  return { port, host, token };
}
