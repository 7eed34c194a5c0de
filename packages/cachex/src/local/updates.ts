import type { Key } from '@cachex/router/hash';
import { isPromise } from '../commands.ts';
import { CacheError } from '../errors.ts';
import type { AnyUpdater } from '../functions.ts';
import { isOutcome, readOutcome } from '../outcome.ts';
import { assign } from './assign.ts';
import { closedError, type Engine } from './engine.ts';
import { ownKey } from './keys.ts';
import { none, type Slot } from './store.ts';

/** What a function saw of a key: no version and no value where there was no live entry. */
export interface Seen {
  readonly version: number | undefined;
  readonly held: unknown;
}

/** A new value of a key, and what the function that made it saw. */
export interface Update {
  readonly key: Key;
  readonly hash: number;
  /** The version it was made from. */
  readonly from: number | undefined;
  readonly held: unknown;
  readonly ttl: number | null | undefined;
}

/** Stores an update where the key is now, if nothing has changed there; else answers what there is. */
export type CommitUpdate = (update: Update) => Seen | undefined | Promise<Seen | undefined>;

/** Stores an update of a key that is here, if nothing has changed; else answers what there is. */
export function commitUpdate(engine: Engine, { key, hash, from, held, ttl }: Update): Seen | undefined {
  if (engine.closed) throw closedError(engine.name);
  const seen = see(engine, engine.peek(key, hash));
  if (seen.version !== from) return seen;
  assign(engine, key, hash, held, ttl);
  return undefined;
}

function see({ store }: Engine, slot: Slot): Seen {
  if (slot === none) return { version: undefined, held: undefined };
  return { version: store.version(slot), held: store.value(slot) };
}

/**
 * Functions that make a new value of the present one. A synchronous one is atomic. An asynchronous one holds nobody up: what
 * it made is stored only if the entry is still as it saw it, and otherwise it runs again with what there is by then.
 */
export class Updates {
  readonly #commit: CommitUpdate;
  #running = 0;
  #idle: (() => void)[] = [];

  constructor(commit: CommitUpdate) {
    this.#commit = commit;
  }

  /** Answers the new value as it is held, at once unless the function answers a promise. */
  run(engine: Engine, key: Key, hash: number, update: AnyUpdater): unknown | Promise<unknown> {
    const { version, held: present } = see(engine, engine.find(key, hash));
    const answer = update(present === undefined ? undefined : engine.open(present), key);
    if (isPromise(answer)) return this.#settle(engine, ownKey(key), hash, update, version, answer);
    const { store, value, ttl } = newValue(answer);
    const held = engine.hold(value);
    // The function may have changed the entry itself; what it answers comes after that.
    if (store) assign(engine, key, hash, held, ttl);
    return held;
  }

  /** Resolves when no asynchronous function is under way any more. */
  async idle(): Promise<void> {
    while (this.#running > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  async #settle(
    engine: Engine,
    key: Key,
    hash: number,
    update: AnyUpdater,
    version: number | undefined,
    answer: PromiseLike<unknown>,
  ): Promise<unknown> {
    this.#running += 1;
    try {
      let from = version;
      let pending: unknown = answer;
      for (;;) {
        const { store, value, ttl } = newValue(await pending);
        if (engine.closed) throw closedError(engine.name);
        const held = engine.hold(value);
        const seen = store ? await this.#commit({ key, hash, from, held, ttl }) : undefined;
        if (seen === undefined) return held;
        from = seen.version;
        pending = update(seen.held === undefined ? undefined : engine.open(seen.held), key);
      }
    } finally {
      this.#running -= 1;
      for (const wake of this.#idle.splice(0)) wake();
    }
  }
}

/** A bare value is stored, `undefined` as well. */
function newValue(answer: unknown): { store: boolean; value: unknown; ttl: number | null | undefined } {
  if (!isOutcome(answer)) return { store: true, value: answer, ttl: undefined };
  const { store, value, ttl, tags } = readOutcome(answer);
  // An entry keeps its tags with its expiry; where it would get others nothing could tell what became of the earlier ones.
  if (tags === undefined) return { store, value, ttl };
  throw new CacheError('INVALID_OPTION', 'tags: an update cannot give an entry tags; use put or fetch');
}
