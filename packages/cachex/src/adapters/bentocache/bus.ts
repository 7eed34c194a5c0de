import type { BusDriver, BusOptions, CreateBusDriverResult } from 'bentocache/types';
import type { Messages } from '../../cluster/messages.ts';
import type { ClusterNode } from '../../cluster/node.ts';
import type { Duration } from '../../duration.ts';
import { anything, checkOptions, duration } from '../../parameters.ts';

/** Options of {@link cachexBus}. */
export interface CachexBusOptions {
  /** The node over which it tells the others. */
  node: Pick<ClusterNode, 'messages'>;
  /** How long to wait for them, in ms or as a duration string. Default: that of the node, 5 s. */
  timeout?: Duration;
  /** What BentoCache keeps of messages that not all could be told, to tell them again. Default: the last 10,000. */
  retryQueue?: BusOptions['retryQueue'];
}

/** What travels: the id of the bus that has published it, which does not hear it, and what BentoCache says. */
interface Message {
  readonly from: string;
  readonly payload: never;
}

/**
 * A bus for BentoCache over the links of a cluster, without a broker: what changes at one node, the first level of all others
 * lets go. Publishing resolves when all nodes have heard; if one could not be told in time, BentoCache tries again.
 */
export function cachexBus(options: CachexBusOptions): CreateBusDriverResult {
  const checks = { node: anything, timeout: duration, retryQueue: anything };
  const { node, timeout, retryQueue } = checkOptions('options', options, checks) as unknown as Checked;
  return {
    options: { retryQueue: { enabled: true, maxSize: 10_000, ...retryQueue } },
    factory: () => new CachexTransport(node.messages, timeout),
  };
}

type Checked = Omit<CachexBusOptions, 'timeout'> & { readonly timeout?: number };

class CachexTransport implements BusDriver {
  readonly #messages: Messages;
  readonly #timeout: number | undefined;
  readonly #subscriptions = new Map<string, () => void>();
  #id = '';

  constructor(messages: Messages, timeout: number | undefined) {
    this.#messages = messages;
    this.#timeout = timeout;
  }

  setId(id: string): this {
    this.#id = id;
    return this;
  }

  /** It has no connection of its own; those of the node come back by themselves. */
  onReconnect(): void {}

  publish(channel: string, payload: unknown): Promise<void> {
    const options = this.#timeout === undefined ? {} : { timeout: this.#timeout };
    return this.#messages.publish(channel, { from: this.#id, payload }, options);
  }

  /** Of two handlers for one channel the last one stays. */
  async subscribe(channel: string, handler: (payload: never) => unknown): Promise<void> {
    await this.unsubscribe(channel);
    const hear = (message: unknown): unknown => {
      const { from, payload } = message as Message;
      return from === this.#id ? undefined : handler(payload);
    };
    this.#subscriptions.set(channel, this.#messages.subscribe(channel, hear));
  }

  async unsubscribe(channel: string): Promise<void> {
    this.#subscriptions.get(channel)?.();
    this.#subscriptions.delete(channel);
  }

  async disconnect(): Promise<void> {
    for (const end of this.#subscriptions.values()) end();
    this.#subscriptions.clear();
  }
}
