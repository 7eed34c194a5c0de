export { type NatsOptions, type NatsStoreOptions, natsStore } from '@cachex/router/nats';
