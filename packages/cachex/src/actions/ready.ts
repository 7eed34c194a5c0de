import type { CallerAction, CallOptions, Mode } from '../action.ts';
import { optionsParameter } from '../parameters.ts';
import { all } from './warm.ts';

export interface Ready<M extends Mode> {
  /**
   * Resolves when every warmer that is `required` has run; at once if there is none. Rejects with the error of one whose
   * last run failed, unless an earlier one has succeeded.
   *
   * In a cluster it asks the node that each warmer runs at, and waits no longer than `timeout`: `TIMEOUT`. Rejects also
   * with `UNKNOWN_FUNCTION` or `NODE_DOWN`.
   */
  ready(options?: CallOptions[M]): Promise<void>;
}

export const ready: CallerAction<[options: object | undefined], Promise<void>> = {
  name: 'ready',
  effect: 'read',
  repeatable: true,
  route: { kind: 'caller' },
  parameters: [optionsParameter<object>({})],
  result: 'plain',
  answers: 'promise',
  execute: ({ warmers }) => all((warmers?.required ?? []).map((name) => warmers!.ready(name))),
};
