import type { Key } from '@cachex/router/hash';
import type { CallerAction, CallOptions, Iteration, Mode } from '../action.ts';
import { EntryRow, walk } from '../local/walk.ts';
import { optionsParameter } from '../parameters.ts';
import { queryParameter } from '../query/check-query.ts';
import { selector } from '../query/match.ts';
import type { CheckedQuery, Query, Select, Selected } from '../query/query.ts';

export interface Stream<K extends Key, V, M extends Mode> {
  /**
   * Goes through the live entries, those that the query's `where` describes, in no particular order: `{ key, value,
   * modified, expiration }`, or what its `select` says. Each entry that lives throughout is seen exactly once; one that is
   * put meanwhile may be seen or not. A bad query: `INVALID_OPTION`.
   *
   * Nothing is read before it is asked for; in a cluster at most one chunk ahead, each entry as it is when its chunk is read,
   * also while partitions move. The query is evaluated where the entries are: only what is selected travels. `timeout` is the
   * longest wait for one chunk. Rejects with `PARTIAL_RESULT` where it cannot go on because entries cannot be reached;
   * `{ partial: 'allow' }` leaves them out. `{ local: true }`: this node's share.
   */
  stream<const S extends Select | undefined = undefined>(
    query?: Query<S>,
    options?: CallOptions[M],
  ): Iteration<M, Selected<K, V, S>>;
}

export const stream: CallerAction<
  [query: CheckedQuery | undefined, options: object | undefined],
  IterableIterator<unknown>
> = {
  name: 'stream',
  effect: 'read',
  repeatable: true,
  route: { kind: 'caller', everything: true },
  parameters: [queryParameter, optionsParameter<object>({})],
  result: 'plain',
  answers: 'iterable',
  *execute(engine, _cache, query) {
    const select = selector(query);
    for (const entry of walk(engine, query?.where)) {
      const row = new EntryRow(engine, entry, engine.clock.wallTime());
      const { key, value, modified, expiration } = row;
      yield select === undefined ? { key, value, modified, expiration } : select(row);
    }
  },
};
