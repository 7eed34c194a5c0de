export { type CreateKeyvOptions, createKeyv } from './adapters/keyv/create-keyv.ts';
export type { KeyvCache } from './adapters/keyv/entries.ts';
export { Keyv5Store } from './adapters/keyv/keyv-5-store.ts';
export { Keyv6Store, type Keyv6StoreOptions } from './adapters/keyv/keyv-6-store.ts';
