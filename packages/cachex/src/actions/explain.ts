import { hashKey, type Key } from '@cachex/router/hash';
import type { CallOptions, LocalAction, Mode, Reply } from '../action.ts';
import { type Explanation, explainHere } from '../local/inspection.ts';
import { keyParameter, optionsParameter } from '../parameters.ts';

export interface Explain<K extends Key, M extends Mode> {
  /**
   * Tells where `key` lives and why there: its partition, and in a cluster the owner, the backups, and the epochs of the
   * view. Where this node is the owner, also whether there is a live entry and how long it has left. Nobody is asked,
   * and it does not count as a use. Rejects with `INVALID_KEY`.
   */
  explain(key: K, options?: CallOptions[M]): Reply<M, Explanation>;
}

export const explain: LocalAction<[key: Key, options: object | undefined], Explanation> = {
  name: 'explain',
  effect: 'read',
  repeatable: true,
  route: { kind: 'local' },
  parameters: [keyParameter, optionsParameter<object>({})],
  result: 'plain',
  execute: (engine, key) => explainHere(engine, key, hashKey(key)),
};
