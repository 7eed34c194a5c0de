import { hashKey, type Key } from '@cachex/router/hash';
import type { Loader } from '../../functions.ts';
import type { LoadOptions } from '../../local/loads.ts';
import { refuseElsewhere } from '../caller.ts';
import type { Composition } from '../composition.ts';
import { LeasedFetch } from '../leased-fetch.ts';

/** With a function at hand the load runs here, under a lease from the owner of the key. By name it runs there. */
export const fetch: Composition<
  [
    key: Key,
    loader: string | Loader<Key, unknown>,
    options: (LoadOptions & { default?: unknown }) | undefined,
  ]
> = {
  applies: (_key, loader) => typeof loader === 'function',
  async compose(caller, key, loader, options = {}) {
    if (caller.settings.local === true) refuseElsewhere(caller.node, 'fetch', key);
    const { default: standIn, ...rest } = options;
    const fetching = new LeasedFetch(caller, key, hashKey(key), loader as Loader<Key, unknown>, rest);
    const held = await caller.node.awaited(fetching.answer());
    const value = held === undefined ? undefined : caller.values.open(held);
    return value === undefined ? standIn : value;
  },
};
