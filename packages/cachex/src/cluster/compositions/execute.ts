import { hashKey, type Key } from '@cachex/router/hash';
import type { Methods } from '../../action.ts';
import { target } from '../../actions/execute.ts';
import type { Composition } from '../composition.ts';

/** `execute` runs a function here, or one of a name at the owner of a key. */
export const execute: Composition<
  [
    work: string | ((cache: Methods) => unknown),
    options: { key?: Key; args?: readonly unknown[] } | undefined,
  ]
> = {
  applies: () => true,
  toldElsewhere: (work) => typeof work === 'string',
  async compose(caller, work, options) {
    const { values, cache } = caller;
    if (typeof work === 'function') return work(cache);
    const { key, args } = target(work, options);
    const held = await caller.operate('execute', hashKey(key), [work, key, values.hold(args)]);
    return values.open(held);
  },
};
