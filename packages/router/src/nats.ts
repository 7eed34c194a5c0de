export type { NatsOptions } from './nats/options.ts';
export { type NatsStoreOptions, natsStore } from './view-stores/nats.ts';
