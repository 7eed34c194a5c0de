import type { Key } from '@cachex/router/hash';
import type { Methods } from '../../action.ts';
import type { Caller } from '../caller.ts';
import type { Composition } from '../composition.ts';
import { defaultLease, transact } from '../transact.ts';

/** Runs a function on locked keys, or, if it names none, when no key of the cache is locked. */
export const transaction: Composition<
  [keys: readonly Key[], work: (tx: Methods) => unknown, options: { lease?: number } | undefined]
> = {
  applies: () => true,
  async compose(caller, keys, work, options) {
    if (keys.length > 0) return transact(caller, keys, options?.lease ?? defaultLease, work);
    await untilUnlocked(caller);
    return work(caller.cache);
  },
};

/** Waits until all nodes have told, one after the other's lock has gone, that nothing is locked there. */
async function untilUnlocked(caller: Caller): Promise<void> {
  const ask = async (wait: boolean): Promise<boolean> => {
    const parts = await caller.operateAll<boolean | undefined>('unlocked', [wait], { repeatable: true });
    return parts.every(({ value }) => value !== false);
  };
  while (!(await ask(false))) await ask(true);
}
