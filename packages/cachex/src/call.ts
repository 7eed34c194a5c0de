import type { Key } from '@cachex/router/hash';
import type { Mode } from './action.ts';
import type { ActionName, Actions } from './actions/index.ts';
import type { CommandMap } from './commands.ts';
import type { FunctionMap } from './functions.ts';

/** The record of one call, by action: `{ action: 'get', args: ['ada'] }`. What routers route and hooks see. */
export type Call<
  K extends Key = Key,
  V = unknown,
  F = FunctionMap<K, V>,
  M extends Mode = 'sync',
  C = CommandMap<V>,
> = {
  [N in ActionName]: { readonly action: N; readonly args: Readonly<Parameters<Actions<K, V, M, F, C>[N]>> };
}[ActionName];
