import type { Key } from '@cachex/router/hash';
import type { Composition } from '../composition.ts';
import { defaultLease, transact } from '../transact.ts';

/** `update` with a function: a transaction on one key. */
export const update: Composition<[key: Key, change: unknown, options: object | undefined]> = {
  applies: (_key, change) => typeof change === 'function',
  compose: (caller, key, change) =>
    transact(caller, [key], defaultLease, async (tx) => tx.update!(key, change)),
};
