import type { CallContext } from '@cachex/router';
import type { Key } from '@cachex/router/hash';
import type { Change, Engine } from '../local/engine.ts';
import type { KeyRef } from '../local/locks.ts';
import { longestNear } from '../local/settings.ts';
import { none } from '../local/store.ts';
import type { Grants } from './grants.ts';
import { HotKeys } from './hot-keys.ts';

/** What a caller keeps of what it reads, as it tells the owner with the call. */
export const Keeping = { nothing: 0, hot: 1, everything: 2 } as const;

/** For how long the owner of a key promises to tell of its next change, in ms, where the caller keeps nothing but what is hot. */
const hotGrant = 1_000;

/**
 * Lends values to near caches: the note beside an answer says for how many ms the caller may keep it, because it will be told
 * when it changes.
 */
export class Lending {
  readonly #grants: Grants;
  readonly #engine: Engine;
  readonly #detects: boolean;
  #hot: HotKeys | undefined;

  /** `detects`: hot keys are looked for. */
  constructor(grants: Grants, engine: Engine, detects: boolean) {
    this.#grants = grants;
    this.#engine = engine;
    this.#detects = detects;
  }

  /** The note beside the value of a key. */
  noteFor({ link, hint }: CallContext, key: Key, hash: number): number | undefined {
    if (link === undefined || hint === Keeping.nothing) return undefined;
    const hot = this.#detects && this.#isHot(hash);
    if (hint === Keeping.hot && !hot) return undefined;
    const life = this.#lifeOf(key, hash, hint === Keeping.hot ? hotGrant : longestNear);
    return life > 0 && this.#grants.give(link, hash) ? life : undefined;
  }

  /** The same beside the values of several keys: all of them, or none. */
  noteForAll({ link, hint }: CallContext, keys: readonly KeyRef[]): number | undefined {
    if (link === undefined || hint !== Keeping.everything || keys.length === 0) return undefined;
    let least = longestNear;
    for (const { key, hash } of keys) {
      least = this.#lifeOf(key, hash, least);
      if (least === 0 || !this.#grants.give(link, hash)) return undefined;
    }
    return least;
  }

  /** Keeps the promises that a change concerns. */
  changed(change: Change): void {
    switch (change.type) {
      case 'write':
      case 'remove':
      case 'lapse':
        this.#grants.changed(change.hash);
        break;
      case 'clear':
        this.#grants.changedAll(change.partition);
    }
  }

  #isHot(hash: number): boolean {
    const now = this.#engine.clock.recent();
    this.#hot ??= new HotKeys(now);
    return this.#hot.read(hash, now);
  }

  /** For how many ms a value may be kept, of so many at most: not for longer than it lives here. */
  #lifeOf(key: Key, hash: number, most: number): number {
    const { store, clock } = this.#engine;
    const slot = store.find(key, hash);
    if (slot === none) return 0;
    const expires = store.expires(slot);
    return expires === Number.POSITIVE_INFINITY
      ? most
      : Math.max(0, Math.floor(Math.min(most, expires - clock.now())));
  }
}
