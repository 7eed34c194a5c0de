import type { Keyv, KeyvOptions } from 'keyv';
import * as installed from 'keyv';
import type { KeyvCache } from './entries.ts';
import { Keyv5Store } from './keyv-5-store.ts';
import { Keyv6Store } from './keyv-6-store.ts';

/** Options of {@link createKeyv}: those of Keyv. */
export type CreateKeyvOptions = Omit<KeyvOptions, 'store'>;

/**
 * A Keyv, of the version that is installed beside `cachex` (5 or 6), whose entries are in `cache`: what cache-manager, cacheable,
 * NestJS and others take. Without a `namespace`, Keyv 5 takes `keyv`, and Keyv 6 has the whole cache.
 */
export function createKeyv(cache: KeyvCache, options: CreateKeyvOptions = {}): Keyv {
  return keyvOf(installed, cache, options);
}

/** The same with any Keyv; one that knows of capabilities is Keyv 6. */
export function keyvOf(keyv: typeof installed, cache: KeyvCache, options: CreateKeyvOptions): Keyv {
  const store = 'keyvStorageCapability' in keyv ? new Keyv6Store(cache) : new Keyv5Store(cache);
  return new keyv.Keyv({ ...options, store });
}
