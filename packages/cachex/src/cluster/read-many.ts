import { hashKey, type Key } from '@cachex/router/hash';
import type { AnyBatch } from '../batch.ts';
import { type Lent, routeBatch } from './batch.ts';
import type { CallSettings } from './call-options.ts';
import type { CallerOptions } from './caller.ts';
import type { NearCache } from './near-cache.ts';

/** Reads the values of many keys: those that are near here, the others of their owners. Keeps what those lend. */
export async function readMany(
  action: AnyBatch,
  [keys, options]: readonly unknown[],
  settings: CallSettings,
  caller: CallerOptions,
  near: NearCache,
): Promise<unknown> {
  const all = keys as readonly Key[];
  const values = all.map((key) => near.read(key, hashKey(key)));
  const asked = [...all.keys()].filter((index) => values[index] === undefined);
  if (asked.length === 0) return values;
  const items = asked.map((index) => all[index]!);
  const reading = near.begin();
  const lent: Lent = new Map();
  /** The whole list, with what was answered. */
  const joined = (answers: readonly unknown[]): unknown[] => {
    for (const [n, index] of asked.entries()) values[index] = answers[n];
    return values;
  };
  try {
    const args = [items, options];
    const answers = (await routeBatch(action, args, args, settings, caller, {
      hint: near.hint,
      lent,
    })) as readonly unknown[];
    for (const [n, { note, from }] of lent)
      near.keep(items[n]!, hashKey(items[n]!), answers[n], reading, note, from);
    return joined(answers);
  } catch (error) {
    const partial = error as { code?: unknown; value?: readonly unknown[] };
    if (partial.code === 'PARTIAL_RESULT') partial.value = joined(partial.value!);
    throw error;
  }
}
