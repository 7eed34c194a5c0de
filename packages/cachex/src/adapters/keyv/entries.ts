import { EventEmitter } from 'node:events';
import type { ClusterCache } from '../../cluster/cluster-cache.ts';
import type { EitherCache } from '../either-cache.ts';
import { clearWith, entriesWith, type Walked } from '../prefixed.ts';
import { type Timed, write, writeMany } from '../timed.ts';

type Used = 'get' | 'getMany' | 'put' | 'putMany' | 'del' | 'delMany' | 'exists' | 'clear';

/** Where Keyv's entries are kept: in a cache of this process, or of a cluster. */
export type KeyvCache = EitherCache<unknown, Used> & Walked;

type Listener = (...args: unknown[]) => void;

/** What Keyv 5 and Keyv 6 ask of a store in the same way. Keyv listens for errors of a store; here they reject. */
export abstract class KeyvEntries extends EventEmitter {
  protected readonly cache: Pick<ClusterCache<string, unknown>, Used> & Walked;

  constructor(cache: KeyvCache) {
    super();
    this.cache = cache as Pick<ClusterCache<string, unknown>, Used> & Walked;
    // Every Keyv over this store adds a listener.
    this.setMaxListeners(0);
  }

  /** Typed as Keyv 6 wants it. */
  override listeners(event: string | symbol): Listener[] {
    return super.listeners(event) as Listener[];
  }

  override rawListeners(event: string | symbol): Listener[] {
    return super.rawListeners(event) as Listener[];
  }

  /** The key in the cache of what Keyv calls `key`. */
  protected abstract keyOf(key: string): string;

  /** What the keys of a namespace begin with. */
  protected prefixOf(namespace: string | undefined): string {
    return namespace === undefined ? '' : `${namespace}:`;
  }

  async get<T>(key: string): Promise<T | undefined> {
    return (await this.cache.get(this.keyOf(key))) as T | undefined;
  }

  async getMany<T>(keys: string[]): Promise<(T | undefined)[]> {
    return (await this.cache.getMany(keys.map((key) => this.keyOf(key)))) as (T | undefined)[];
  }

  async has(key: string): Promise<boolean> {
    return this.cache.exists(this.keyOf(key));
  }

  async hasMany(keys: string[]): Promise<boolean[]> {
    return Promise.all(keys.map((key) => this.has(key)));
  }

  async delete(key: string): Promise<boolean> {
    return this.cache.del(this.keyOf(key));
  }

  /** The cache is not closed: that is for those who opened it. */
  async disconnect(): Promise<void> {}

  /** Stores an entry under Keyv's key. */
  protected async write(entry: Timed): Promise<boolean> {
    await write(this.cache, { ...entry, key: this.keyOf(entry.key) });
    return true;
  }

  protected async writeMany(entries: readonly Timed[]): Promise<boolean[]> {
    await writeMany(
      this.cache,
      entries.map((entry) => ({ ...entry, key: this.keyOf(entry.key) })),
    );
    return entries.map(() => true);
  }

  protected clearNamespace(namespace: string | undefined): Promise<void> {
    return clearWith(this.cache, this.prefixOf(namespace));
  }

  protected entriesOf<T>(namespace: string | undefined): AsyncGenerator<[string, T], void> {
    return entriesWith<T>(this.cache, this.prefixOf(namespace));
  }
}
