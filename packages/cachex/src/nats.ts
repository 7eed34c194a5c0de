export {
  type NatsOptions,
  type NatsStoreOptions,
  type NatsTransportOptions,
  natsStore,
  natsTransport,
} from '@cachex/router/nats';
