import type { ClusterNode, NodeStatus } from '../cluster/index.ts';
import { CacheError, isCacheError } from '../errors.ts';
import type { Cache } from '../local/cache.ts';
import type { CacheStats } from '../local/statistics.ts';
import type { CallTrace } from '../tracing.ts';

/** What is measured. */
export interface Sources {
  /** Caches of this process, made by `createCache`. No two may have the same name. */
  readonly caches?: readonly Pick<Cache, 'name' | 'inspect' | 'stats'>[];
  /** This process's node, with all caches that are open at it. */
  readonly node?: ClusterNode;
}

/** One cache, as it is in this process. */
export interface MeasuredCache {
  readonly name: string;
  readonly size: number;
  readonly bytes: number | null;
  readonly stats: CacheStats | null;
}

/** Looks at what is measured. */
export class Probe {
  readonly #sources: Sources;
  /** It is looking at this moment, with calls that are nobody's. */
  #looking = false;
  #answer: Promise<readonly MeasuredCache[]> | undefined;
  #status: NodeStatus | undefined;

  constructor(sources: Sources) {
    const names = (sources.caches ?? []).map(({ name }) => name);
    const twice = names.find((name, n) => names.indexOf(name) !== n);
    if (twice !== undefined)
      throw new CacheError('INVALID_OPTION', `caches: two have the name '${twice}'; give each its own`);
    this.#sources = sources;
  }

  /** Whether a call is one of those that are measured: of this process, or of the node that was given. */
  concerns({ node, cache }: CallTrace): boolean {
    if (this.#looking) return false;
    const { caches, node: own } = this.#sources;
    if (node !== undefined) return own === undefined ? caches === undefined : node === own.id;
    return caches === undefined ? own === undefined : caches.some(({ name }) => name === cache);
  }

  /** The caches as they are now; those that are closed are left out. Whoever asks at the same time gets the same answer. */
  caches(): Promise<readonly MeasuredCache[]> {
    this.#answer ??= this.#lookAtAll().finally(() => {
      this.#answer = undefined;
    });
    return this.#answer;
  }

  /** The status of the node, if there is one; whoever asks in the same turn gets the same. */
  status(): NodeStatus | undefined {
    if (this.#status === undefined) {
      this.#status = this.#sources.node?.status();
      queueMicrotask(() => {
        this.#status = undefined;
      });
    }
    return this.#status;
  }

  async #lookAtAll(): Promise<readonly MeasuredCache[]> {
    const { caches = [], node } = this.#sources;
    const local = caches.flatMap((cache) => this.#look(cache));
    const open = node === undefined ? {} : (await node.vitals()).caches;
    const shared = Object.entries(open).map(([name, { entries, bytes, stats }]) => ({
      name,
      size: entries,
      bytes,
      stats,
    }));
    return [...local, ...shared];
  }

  #look(cache: Pick<Cache, 'name' | 'inspect' | 'stats'>): MeasuredCache[] {
    this.#looking = true;
    try {
      const { name, size, bytes, options } = cache.inspect('cache');
      return [{ name, size, bytes, stats: options.stats ? cache.stats() : null }];
    } catch (error) {
      if (isCacheError(error, 'CLOSED')) return [];
      throw error;
    } finally {
      this.#looking = false;
    }
  }
}

/** Why a call failed, as one of few words: a code of this library, or `OTHER`. */
export function reasonOf(error: unknown): string {
  return isCacheError(error) ? error.code : 'OTHER';
}
