import { Encoded } from '@cachex/router';
import { walk } from '../../local/walk.ts';
import { aged, traitsOf } from '../../portable.ts';
import { type EntryRecord, recordOf } from '../../records.ts';
import type { Caller } from '../caller.ts';
import type { Composition } from '../composition.ts';
import { Cursor } from '../cursor.ts';

/** Goes through the entries of all nodes, or of this one, as records. */
export const exportComposition: Composition<[]> = {
  applies: () => true,
  compose: (caller) => (caller.settings.local === true ? here(caller) : everywhere(caller)),
};

async function* here({ engine, settings }: Caller): AsyncGenerator<EntryRecord> {
  const { clock } = engine;
  for (const entry of walk(engine)) {
    settings.signal?.throwIfAborted();
    yield recordOf(traitsOf(entry, clock.now()), engine.open(entry.value), clock.wallTime());
  }
}

async function* everywhere(caller: Caller): AsyncGenerator<EntryRecord> {
  const { engine, node, settings } = caller;
  const { clock } = engine;
  for await (const { traits, values, at } of new Cursor(caller, undefined, settings).chunks()) {
    for (const [n, held] of values.entries()) {
      settings.signal?.throwIfAborted();
      // It may have expired while it waited here.
      const traitsNow = aged(traits[n]!, clock.now() - at);
      if (traitsNow === undefined) continue;
      const value = held instanceof Encoded ? node.codec.decode(held) : held;
      yield recordOf(traitsNow, value, clock.wallTime());
    }
  }
}
