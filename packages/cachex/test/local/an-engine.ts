import { hashKey, type Key } from '@cachex/router/hash';
import { Engine, type EngineSettings } from '../../src/local/engine.ts';
import { type Entry, none, type Slot, type Store } from '../../src/local/store.ts';
import { byReference } from '../../src/local/value-form.ts';
import { ManualClock } from '../manual-clock.ts';

/** An engine on a clock that stands still, with `settings` over plain defaults. */
export function anEngine(settings: Partial<EngineSettings> = {}): { engine: Engine; clock: ManualClock } {
  const clock = new ManualClock();
  const engine = new Engine({
    name: 'test',
    clock,
    random: () => 0.5,
    partitions: 16,
    values: byReference,
    ttl: null,
    expiration: { interval: 3_000, lazy: true, jitter: 0 },
    functions: {},
    stats: false,
    ...settings,
  });
  return { engine, clock };
}

/** A new entry of version 1 that never expires. */
export function anEntry(key: Key, fields: Partial<Entry> = {}): Entry {
  return {
    key,
    hash: hashKey(key),
    value: key,
    version: 1,
    modified: 0,
    expires: Number.POSITIVE_INFINITY,
    ttl: null,
    staleFor: 0,
    tags: undefined,
    ...fields,
  };
}

/** Adds an entry to a store, as it is. */
export function insert(store: Store, entry: Entry): Slot {
  const slot = store.add(entry.key, entry.hash);
  store.setValue(slot, entry.value, entry.version);
  store.setTraits(slot, entry.modified, entry.expires, entry.ttl, entry.staleFor, entry.tags);
  return slot;
}

/** What there is now at the slot that an engine answered; `undefined` if that was none. */
export function entryAt(engine: Engine, slot: Slot): Entry | undefined {
  return slot === none ? undefined : engine.store.entry(slot);
}

/** The live entry of a key as it is now, or `undefined`. */
export function entryOf(engine: Engine, key: Key): Entry | undefined {
  return entryAt(engine, engine.find(key, hashKey(key)));
}

/** The entry of a key that has expired but is kept, as it is now, or `undefined`. */
export function staleOf(engine: Engine, key: Key): Entry | undefined {
  return entryAt(engine, engine.findStale(key, hashKey(key)));
}

/** Lets everything that is ready to go on do so. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
