import type { Key } from '@cachex/router/hash';
import { matcher, type Row } from '../query/match.ts';
import type { CheckedWhere } from '../query/query.ts';
import type { Engine } from './engine.ts';
import type { Entry } from './store.ts';

/**
 * The live entries of an engine that a query is about. The walk may pause for as long as it likes while entries come and
 * go: each that stays throughout is seen once, as it is when it is seen, and none twice.
 */
export function* walk(engine: Engine, where?: CheckedWhere): Generator<Entry> {
  const { store, clock } = engine;
  const matches = matcher(where);
  for (const partition of engine.partitions) {
    for (const slot of store.walk(partition)) {
      engine.refuseClosed();
      if (store.expires(slot) <= clock.now()) continue;
      const entry = store.entry(slot);
      if (where === undefined || matches(new EntryRow(engine, entry, clock.wallTime()))) yield entry;
    }
  }
  engine.refuseClosed();
}

/** An entry as queries see it; `wall` is what time it is for whoever asks. */
export class EntryRow implements Row {
  readonly #engine: Engine;
  readonly #entry: Entry;
  readonly #ahead: number;
  #value: { readonly opened: unknown } | undefined;

  constructor(engine: Engine, entry: Entry, wall: number) {
    this.#engine = engine;
    this.#entry = entry;
    this.#ahead = wall - engine.clock.now();
  }

  get key(): Key {
    return this.#entry.key;
  }

  get value(): unknown {
    this.#value ??= { opened: this.#engine.open(this.#entry.value) };
    return this.#value.opened;
  }

  get modified(): number {
    return Math.round(this.#entry.modified + this.#ahead);
  }

  get expiration(): number | null {
    const { expires } = this.#entry;
    return expires === Number.POSITIVE_INFINITY ? null : Math.round(expires + this.#ahead);
  }
}
