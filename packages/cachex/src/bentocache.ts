export { type CachexBusOptions, cachexBus } from './adapters/bentocache/bus.ts';
export {
  type BentoCacheCache,
  type CachexDriverOptions,
  cachexDriver,
} from './adapters/bentocache/driver.ts';
