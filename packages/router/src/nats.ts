export type { NatsOptions } from './nats/options.ts';
export { type NatsTransportOptions, natsTransport } from './transports/nats.ts';
export { type NatsStoreOptions, natsStore } from './view-stores/nats.ts';
