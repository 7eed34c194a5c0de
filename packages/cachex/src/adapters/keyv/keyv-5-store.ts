import { KeyvEntries } from './entries.ts';

/**
 * A store for Keyv 5 over a cache of this process or of a cluster: `new Keyv({ store: new Keyv5Store(cache) })`. Keyv 5 puts
 * its namespace before the keys by itself, and says for how long an entry is to live; what it does not say, the `ttl` of the
 * cache does. Keyv 6 takes it too, behind its bridge.
 *
 * Its methods reject with the errors of the cache. A namespace is cleared, and walked through, by the beginning of its keys:
 * every entry of the cache is looked at, where it is.
 */
export class Keyv5Store extends KeyvEntries {
  /** Keyv 5 iterates only over stores of the dialects that it knows. */
  readonly opts: Record<string, unknown> = { dialect: 'redis', url: 'cachex' };
  /** Keyv sets it. Until then it is not there: Keyv 6 would leave the keys to a store that has it. */
  declare namespace?: string | undefined;

  protected keyOf(key: string): string {
    const prefix = this.prefixOf(this.namespace);
    return key.startsWith(prefix) ? key : prefix + key;
  }

  /** Stores a value, for `ttl` ms. */
  set(key: string, value: unknown, ttl?: number): Promise<boolean> {
    return this.write({ key, value, left: ttl });
  }

  /** Keyv 5 hands on what a store answers, although its types say that this is nothing. */
  setMany(entries: { key: string; value: unknown; ttl?: number }[]): Promise<void> {
    const given = entries.map(({ key, value, ttl }) => ({ key, value, left: ttl }));
    return this.writeMany(given) as Promise<unknown> as Promise<void>;
  }

  /** Whether all of them were there. */
  async deleteMany(keys: string[]): Promise<boolean> {
    const places = new Set(keys.map((key) => this.keyOf(key)));
    return (await this.cache.delMany(places)) === places.size;
  }

  /** Removes the entries of the namespace; without one, all of the cache. */
  clear(): Promise<void> {
    return this.clearNamespace(this.namespace);
  }

  iterator<T>(
    namespace: string | undefined = this.namespace,
  ): AsyncGenerator<(string | Awaited<T> | undefined)[], void> {
    return this.entriesOf<Awaited<T>>(namespace);
  }
}
