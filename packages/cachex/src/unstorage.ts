export {
  type CachexDriverOptions,
  cachexDriver,
  type UnstorageCache,
} from './adapters/unstorage/driver.ts';
