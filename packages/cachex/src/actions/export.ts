import type { Key } from '@cachex/router/hash';
import type { CallerAction, CallOptions, Iteration, Mode } from '../action.ts';
import { walk } from '../local/walk.ts';
import { optionsParameter } from '../parameters.ts';
import { traitsOf } from '../portable.ts';
import { type EntryRecord, recordOf } from '../records.ts';

export interface Export<K extends Key, V, M extends Mode> {
  /**
   * Goes through all live entries as records, `{ key, value, ttl, modified, lifetime }`: what `import` takes. `ttl` is what is
   * left, in milliseconds. Each entry that lives throughout is seen exactly once. See `stream` for how, and for errors.
   */
  export(options?: CallOptions[M]): Iteration<M, EntryRecord<K, V>>;
}

export const exportAction: CallerAction<[options: object | undefined], IterableIterator<EntryRecord>> = {
  name: 'export',
  effect: 'read',
  repeatable: true,
  route: { kind: 'caller', everything: true },
  parameters: [optionsParameter<object>({})],
  result: 'plain',
  answers: 'iterable',
  *execute(engine) {
    const { clock } = engine;
    for (const entry of walk(engine))
      yield recordOf(traitsOf(entry, clock.now()), engine.open(entry.value), clock.wallTime());
  },
};
