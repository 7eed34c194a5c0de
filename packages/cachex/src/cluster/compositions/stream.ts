import { Encoded } from '@cachex/router';
import { EntryRow, walk } from '../../local/walk.ts';
import { aged } from '../../portable.ts';
import { selector } from '../../query/match.ts';
import type { CheckedQuery } from '../../query/query.ts';
import type { Caller } from '../caller.ts';
import type { Composition } from '../composition.ts';
import { Cursor } from '../cursor.ts';

/** Goes through the entries of all nodes, or of this one. */
export const stream: Composition<[query: CheckedQuery | undefined]> = {
  applies: () => true,
  compose: (caller, query) =>
    caller.settings.local === true ? here(caller, query) : everywhere(caller, query),
};

async function* here({ engine, settings }: Caller, query?: CheckedQuery): AsyncGenerator<unknown> {
  const select = selector(query);
  for (const entry of walk(engine, query?.where)) {
    settings.signal?.throwIfAborted();
    const row = new EntryRow(engine, entry, engine.clock.wallTime());
    const { key, value, modified, expiration } = row;
    yield select === undefined ? { key, value, modified, expiration } : select(row);
  }
}

async function* everywhere(caller: Caller, query?: CheckedQuery): AsyncGenerator<unknown> {
  const { engine, node, settings } = caller;
  const { clock } = engine;
  for await (const { traits, values, at } of new Cursor(caller, query, settings).chunks()) {
    for (const [n, held] of values.entries()) {
      settings.signal?.throwIfAborted();
      const passed = clock.now() - at;
      const traitsNow = traits[n] == null ? undefined : aged(traits[n], passed);
      // It has expired while it waited here.
      if (traits[n] != null && traitsNow === undefined) continue;
      const value = held instanceof Encoded ? node.codec.decode(held) : held;
      if (traitsNow === undefined) {
        yield value;
        continue;
      }
      const [key, age, remaining] = traitsNow;
      const wall = clock.wallTime();
      const expiration = remaining === null ? null : Math.round(wall + remaining);
      yield { key, value, modified: Math.round(wall - age), expiration };
    }
  }
}
