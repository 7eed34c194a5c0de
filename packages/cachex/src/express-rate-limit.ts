export {
  type RateLimitCache,
  RateLimitStore,
  type RateLimitStoreOptions,
} from './adapters/express-rate-limit/store.ts';
