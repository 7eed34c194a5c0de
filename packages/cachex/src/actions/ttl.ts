import type { Key } from '@cachex/router/hash';
import type { CallOptions, KeyedAction, Mode, Reply } from '../action.ts';
import { none } from '../local/store.ts';
import { keyParameter, optionsParameter } from '../parameters.ts';

export interface Ttl<K extends Key, M extends Mode> {
  /**
   * How long the entry of `key` still lives, in whole milliseconds, rounded up: `null` when it never expires,
   * `undefined` when there is no live entry. Does not count as a use for the eviction policy.
   *
   * In a cluster the key's owner answers. Fails with `INVALID_KEY`, `TIMEOUT` or `NODE_DOWN`.
   */
  ttl(key: K, options?: CallOptions[M]): Reply<M, number | null | undefined>;
}

export const ttl: KeyedAction<[key: Key, options: object | undefined], number | null | undefined> = {
  name: 'ttl',
  effect: 'read',
  repeatable: true,
  route: { kind: 'keyed', key: 0 },
  parameters: [keyParameter, optionsParameter<object>({})],
  result: 'plain',
  execute(engine, hash, key) {
    const slot = engine.peek(key, hash);
    if (slot === none) return undefined;
    const expires = engine.store.expires(slot);
    if (expires === Number.POSITIVE_INFINITY) return null;
    // Clocks have fractions, and sums of them are rounded: never more than was given, and never 0 for what is there.
    return Math.max(1, Math.round(expires - engine.clock.now()));
  },
};
