import type { Key } from '@cachex/router/hash';
import type { ClusterCache } from '../../cluster/cluster-cache.ts';
import { callback, checkOptions } from '../../parameters.ts';
import type { EitherCache } from '../either-cache.ts';

type Used = 'get' | 'getMany' | 'put' | 'getAndUpdate' | 'invalidateTag';

/** What entries are kept in: a cache of this process, or of a cluster. */
export type NextCache = EitherCache<unknown, Used>;

/** The cache, a promise of it, or a function that opens it when it is first needed: while Next builds, that may be never. */
export type NextCacheSource = NextCache | PromiseLike<NextCache> | (() => NextCache | PromiseLike<NextCache>);

/** Options of the handlers. */
export interface NextHandlerOptions {
  /**
   * Where it is kept when tags were revalidated. Give it a cache of its own, without a limit, if that of the entries has one: what
   * is evicted there is forgotten. Default: the cache of the entries.
   */
  tags?: NextCacheSource;
  /** Told of errors of the cache while entries are read and stored; pages are rendered all the same. Default: nobody is told. */
  onError?: (error: unknown) => void;
}

/** The cache as it is used here: what a local one answers at once is awaited like the rest. */
export type OpenCache = Pick<ClusterCache<Key, unknown>, Used>;

/** Opens a cache once; if that fails, again when it is next needed. */
export type Opener = () => Promise<OpenCache>;

const anySource = (_option: string, input: unknown): unknown => input;

export function readOptions(
  source: NextCacheSource,
  options: NextHandlerOptions,
): { entries: Opener; tags: Opener; onError: (error: unknown) => void } {
  const checked: NextHandlerOptions = checkOptions('options', options, {
    tags: anySource,
    onError: callback,
  });
  const entries = openerOf(source);
  const tags = checked.tags === undefined ? entries : openerOf(checked.tags);
  return { entries, tags, onError: checked.onError ?? (() => {}) };
}

function openerOf(source: NextCacheSource): Opener {
  let opening: Promise<OpenCache> | undefined;
  const open = async (): Promise<OpenCache> => {
    try {
      return (await (typeof source === 'function' ? source() : source)) as OpenCache;
    } catch (error) {
      opening = undefined;
      throw error;
    }
  };
  return () => {
    opening ??= open();
    return opening;
  };
}
