import session, { type SessionData } from 'express-session';
import type { ClusterCache } from '../../cluster/cluster-cache.ts';
import type { Duration } from '../../duration.ts';
import { checkOptions, duration } from '../../parameters.ts';
import type { EitherCache } from '../either-cache.ts';

type Used = 'get' | 'ttl' | 'put' | 'del' | 'expire' | 'count' | 'clear' | 'stream';

/** What sessions are kept in: a cache of this process, or of a cluster, of their own. */
export type SessionCache = EitherCache<unknown, Used>;

/** Options of {@link SessionStore}. */
export interface SessionStoreOptions {
  /** How long a session lives whose cookie says nothing of that, after it was last seen. Default: a day. */
  ttl?: Duration;
}

/** Ends a call of a store. */
type Done<T = void> = (error?: unknown, result?: T) => void;

const defaultTtl = 86_400_000;

/**
 * A store of express-session. Sessions lie in the cache as JSON, by their ids, for as long as their cookies say (`maxAge`,
 * `expires`). In a cluster all processes see the same sessions.
 *
 * Errors of the cache are given to the callback of the call; without a callback nobody is told.
 */
export class SessionStore extends session.Store {
  /** What a local cache answers at once is awaited like the rest. */
  readonly #cache: Pick<ClusterCache<string, string>, Used>;
  readonly #ttl: number;

  constructor(cache: SessionCache, options: SessionStoreOptions = {}) {
    super();
    const { ttl = defaultTtl } = checkOptions('options', options, { ttl: duration }) as { ttl?: number };
    this.#cache = cache as Pick<ClusterCache<string, string>, Used>;
    this.#ttl = ttl;
  }

  /** The session of an id; `undefined` if there is none, or its time is over. */
  override get(id: string, done: Done<SessionData>): void {
    settle(this.#read(id), done);
  }

  /** Stores a session, with a new time to live. One whose cookie has expired is removed. */
  override set(id: string, data: SessionData, done?: Done): void {
    settle(this.#write(id, data), done);
  }

  /** Gives a session that is there a new time to live, and nothing else. */
  override touch(id: string, data: SessionData, done?: Done): void {
    settle(this.#expire(id, data), done);
  }

  /** Removes a session. */
  override destroy(id: string, done?: Done): void {
    settle(this.#remove(id), done);
  }

  /** All sessions, by their ids, of all processes. */
  override all(done: Done<Record<string, SessionData>>): void {
    settle(this.#all(), done);
  }

  /** How many sessions there are in all processes. */
  override length(done: Done<number>): void {
    settle(this.#count(), done);
  }

  /** Removes all sessions of all processes. */
  override clear(done?: Done): void {
    settle(this.#clear(), done);
  }

  async #read(id: string): Promise<SessionData | undefined> {
    // Both go to the owner together.
    const [text, left] = await Promise.all([this.#cache.get(id), this.#cache.ttl(id)]);
    if (text === undefined) return undefined;
    return opened(text, typeof left === 'number' ? Date.now() + left : null);
  }

  async #write(id: string, data: SessionData): Promise<void> {
    const ttl = this.#timeToLive(data);
    if (ttl > 0) await this.#cache.put(id, JSON.stringify(data), { ttl });
    else await this.#cache.del(id);
  }

  async #expire(id: string, data: SessionData): Promise<void> {
    await this.#cache.expire(id, this.#timeToLive(data));
  }

  async #remove(id: string): Promise<void> {
    await this.#cache.del(id);
  }

  async #all(): Promise<Record<string, SessionData>> {
    const sessions: [id: string, data: SessionData][] = [];
    for await (const { key, value, expiration } of this.#cache.stream())
      sessions.push([key, opened(value, expiration)]);
    return Object.fromEntries(sessions);
  }

  async #count(): Promise<number> {
    return this.#cache.count();
  }

  async #clear(): Promise<void> {
    await this.#cache.clear();
  }

  /** What the cookie says is left, in ms. */
  #timeToLive({ cookie }: SessionData): number {
    const expires: unknown = cookie?.expires;
    return isSet(expires) ? new Date(expires).getTime() - Date.now() : this.#ttl;
  }
}

/** A session as it was stored, whose cookie tells when it really ends: `touch` has perhaps changed that since. */
function opened(text: string, expiration: number | null): SessionData {
  const data: SessionData = JSON.parse(text);
  const { cookie } = data;
  if (isSet(cookie?.expires) && expiration !== null) cookie.expires = new Date(expiration);
  return data;
}

/** Whether a cookie ends at a certain time, and not with the browser. */
function isSet(expires: unknown): expires is Date | string {
  return expires instanceof Date || typeof expires === 'string';
}

/** A callback that throws does so on its own, as it would in any other store. */
function settle<T>(work: Promise<T | undefined>, done: Done<T> | undefined): void {
  work.then(
    (result) => process.nextTick(() => done?.(null, result)),
    (error: unknown) => process.nextTick(() => done?.(error)),
  );
}
