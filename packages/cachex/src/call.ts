import type { Key } from '@cachex/router/hash';
import type { ActionName, Actions } from './actions/index.ts';
import type { FunctionMap } from './functions.ts';

/** The record of one call, by action: `{ action: 'get', args: ['ada'] }`. What routers route and hooks see. */
export type Call<K extends Key = Key, V = unknown, F = FunctionMap<K, V>> = {
  [N in ActionName]: { readonly action: N; readonly args: Readonly<Parameters<Actions<K, V, 'sync', F>[N]>> };
}[ActionName];
