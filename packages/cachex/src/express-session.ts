export {
  type SessionCache,
  SessionStore,
  type SessionStoreOptions,
} from './adapters/express-session/store.ts';
