import { identityOf, type Key, partitionOf } from '@cachex/router/hash';
import type { Action, Methods } from '../action.ts';
import { actions } from '../actions/index.ts';
import { bindLocal, type Method } from '../bind.ts';
import { describe } from '../describe.ts';
import { CacheError } from '../errors.ts';
import { checkKey } from '../parameters.ts';
import { type Traits, traitsOf } from '../portable.ts';
import type { Engine } from './engine.ts';
import { ownKey } from './keys.ts';
import type { Identity } from './lock-queue.ts';
import type { KeyRef } from './locks.ts';
import { type Entry, none } from './store.ts';
import type { Write } from './writes.ts';

/** An entry as a transaction begins with it, free of any clock. */
export type DraftEntry = readonly [hash: number, traits: Traits, held: unknown];

/**
 * The entries of a transaction, apart from those of the cache: an engine of their own, over which every action on a key
 * works as it does anywhere. What was done to them is read out at the end.
 */
export class Draft {
  /** The actions on keys, at once, and only for the keys of the transaction. */
  readonly methods: Methods;
  readonly #engine: Engine;
  readonly #before = new Map<Identity, Entry | undefined>();
  readonly #changed = new Map<Identity, KeyRef>();
  #ended = false;

  /** `entries` are those that there are, of `keys`. */
  constructor(engine: Engine, keys: Iterable<KeyRef>, entries: Iterable<DraftEntry>) {
    for (const { key } of keys) this.#before.set(identityOf(key), undefined);
    this.#engine = engine.apart(({ key, hash }) => this.#changed.set(identityOf(key), { key, hash }));
    for (const [hash, traits, held] of entries) {
      const slot = this.#engine.restore(hash, held, traits);
      this.#before.set(identityOf(traits[0]), this.#engine.store.entry(slot));
    }
    this.#changed.clear();
    this.methods = lazily((action) => this.#bind(action));
  }

  /** Nothing can be done to it any more. */
  end(): void {
    this.#ended = true;
    this.#engine.close();
  }

  /** What was done to the entries, one piece for each that is not as it was. */
  writes(): Write[] {
    const { store, clock } = this.#engine;
    const now = clock.now();
    const writes: Write[] = [];
    for (const [identity, { key, hash }] of this.#changed) {
      const before = this.#before.get(identity);
      const slot = store.find(key, hash);
      if (slot === none) {
        // Also where there was nothing: the cache may have a stale value, of which a draft does not know.
        writes.push(['remove', hash, [key]]);
        continue;
      }
      const after = store.entry(slot);
      const kept = before !== undefined && sameKeeping(before, after);
      const replaced = before?.version !== after.version;
      if (after.expires <= now) {
        // By itself, as it does in the cache, unless it was to expire at once.
        if (replaced || !kept) writes.push(['remove', hash, [key]]);
        continue;
      }
      const traits = traitsOf(after, now);
      if (replaced) writes.push(['put', hash, traits, kept, after.value]);
      else if (!kept || before.modified !== after.modified)
        writes.push(['mark', hash, traits, kept, before.modified !== after.modified]);
    }
    return writes;
  }

  #bind(action: Action): Method {
    const { route, name } = action;
    if (route.kind !== 'keyed') {
      return () => {
        throw new CacheError('INVALID_OPTION', `${name}: a transaction has only the actions on one key`);
      };
    }
    const method = bindLocal(action, this.#engine);
    const guarded: Method = (...args) => {
      if (this.#ended) throw new CacheError('CLOSED', `${name}: this transaction has ended`);
      this.#check(args[route.key]);
      return method(...args);
    };
    if (action.answers !== 'promise') return guarded;
    return async (...args) => guarded(...args);
  }

  #check(input: unknown): void {
    const key: Key = checkKey(input);
    if (this.#before.has(identityOf(key))) return;
    throw new CacheError(
      'INVALID_OPTION',
      `key: ${describe(key)} is not a key of this transaction; name it in \`keys\``,
    );
  }
}

/** Whether all is as it was but for the value, and when that was written. */
function sameKeeping(one: Entry, other: Entry): boolean {
  return (
    one.expires === other.expires &&
    one.ttl === other.ttl &&
    one.staleFor === other.staleFor &&
    one.tags === other.tags
  );
}

/** The entries that there are of some keys, for a draft. */
export function entriesOf(engine: Engine, keys: Iterable<KeyRef>): DraftEntry[] {
  const entries: DraftEntry[] = [];
  const now = engine.clock.now();
  for (const { key, hash } of keys) {
    const slot = engine.find(key, hash);
    if (slot === none) continue;
    const entry = engine.store.entry(slot);
    entries.push([hash, traitsOf(entry, now), entry.value]);
  }
  return entries;
}

/** Keys in the one order in which all transactions of a cache lock them, each once. */
export function inOrder(keys: readonly Key[], hashOf: (key: Key) => number, partitions: number): KeyRef[] {
  const unique = new Map<Identity, KeyRef>();
  // Their owner may change the arrays among them while it waits.
  for (const key of keys.map(ownKey)) unique.set(identityOf(key), { key, hash: hashOf(key) });
  const text = ({ key }: KeyRef): string => `${typeof key}${String(identityOf(key))}`;
  return [...unique.values()].sort((one, other) => {
    const apart =
      partitionOf(one.hash, partitions) - partitionOf(other.hash, partitions) || one.hash - other.hash;
    return apart !== 0 ? apart : text(one) < text(other) ? -1 : 1;
  });
}

/** Methods that are bound when they are first used: a transaction needs few of them. */
function lazily(bind: (action: Action) => Method): Methods {
  const methods: Record<string, unknown> = {};
  for (const action of Object.values(actions)) {
    let method: Method | undefined;
    const property = {
      configurable: true,
      enumerable: true,
      get: () => {
        method ??= bind(action);
        return method;
      },
    };
    for (const name of [action.name, ...(action.aliases ?? [])])
      Object.defineProperty(methods, name, property);
  }
  return methods as Methods;
}
