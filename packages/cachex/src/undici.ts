export {
  type HttpCache,
  HttpCacheStore,
  type HttpCacheStoreOptions,
  type StoredResponse,
} from './adapters/undici/store.ts';
