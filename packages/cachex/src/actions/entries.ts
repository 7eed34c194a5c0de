import type { Key } from '@cachex/router/hash';
import type { CallerAction, CallOptions, Iteration, Mode } from '../action.ts';
import { walk } from '../local/walk.ts';
import { optionsParameter } from '../parameters.ts';

export interface Entries<K extends Key, V, M extends Mode> {
  /**
   * Goes through all live entries, in no particular order, as pairs of key and value: what `new Map` takes. Each entry that
   * lives throughout is seen exactly once. See `stream`, which tells more of each entry, and can choose.
   */
  entries(options?: CallOptions[M]): Iteration<M, [key: K, value: V]>;
}

export const entries: CallerAction<[options: object | undefined], IterableIterator<[Key, unknown]>> = {
  name: 'entries',
  effect: 'read',
  repeatable: true,
  route: { kind: 'caller', everything: true },
  parameters: [optionsParameter<object>({})],
  result: 'plain',
  answers: 'iterable',
  *execute(engine) {
    for (const entry of walk(engine)) yield [entry.key, engine.open(entry.value)];
  },
};
