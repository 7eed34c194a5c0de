import type { Key } from '@cachex/router/hash';
import { commitUpdate as commitHere } from '../../local/updates.ts';
import type { Operation } from '../operation.ts';

/**
 * Stores what an asynchronous function made of a value whose key this node owns by now, if nothing has changed since; see
 * `sendUpdate`. Else answers the version and the value that there are.
 */
export const commitUpdate: Operation =
  ({ engine, values }) =>
  ({ hash }, key: Key, from: number | undefined, held: unknown, ttl: number | null | undefined) => {
    const seen = commitHere(engine, { key, hash, from, held, ttl });
    if (seen === undefined) return undefined;
    return [seen.version, seen.held === undefined ? undefined : values.encoded(seen.held)];
  };
