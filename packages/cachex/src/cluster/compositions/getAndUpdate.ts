import type { Key } from '@cachex/router/hash';
import type { Composition } from '../composition.ts';
import { defaultLease, transact } from '../transact.ts';

/** `getAndUpdate` with a function: a transaction on one key. */
export const getAndUpdate: Composition<[key: Key, change: unknown, options: object | undefined]> = {
  applies: (_key, change) => typeof change === 'function',
  compose: (caller, key, change, options) =>
    transact(caller, [key], defaultLease, async (tx) => tx.getAndUpdate!(key, change, options)),
};
