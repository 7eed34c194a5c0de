import type { Encoded, Member, RoutedNode } from '@cachex/router';
import type { Duration } from '../duration.ts';
import { CacheError } from '../errors.ts';
import { checkOptions, duration } from '../parameters.ts';
import { translate } from './translate.ts';

/** Options of {@link Messages.publish}. */
export interface PublishOptions {
  /** How long to wait for the others, in ms or as a duration string. Default: that of the node, 5 s. */
  timeout?: Duration;
}

/** Hears a message, and from which node it is. */
export type MessageListener = (message: unknown, from: string) => unknown;

const service = '$messages';
/** How many messages may be under way from this node. */
const most = 1_000;
/** Before a node is asked again that could not be reached, in ms. */
const pause = 50;

/** Codes of a node that could not be told; telling it again does no harm. */
const unheard: ReadonlySet<unknown> = new Set(['NODE_DOWN', 'OVERLOADED', 'TIMEOUT', 'UNKNOWN_OUTCOME']);

/**
 * What the nodes of a cluster tell each other beside their caches, without a broker: a message goes to each node that is there,
 * over the links that are there anyway. It is kept nowhere: who joins later does not hear it.
 */
export class Messages {
  readonly #node: RoutedNode;
  readonly #listeners = new Map<string, Set<MessageListener>>();
  #underWay = 0;

  constructor(node: RoutedNode) {
    this.#node = node;
    node.offer(service, {
      tell: async ({ caller, deadline }, channel: string, message: Encoded) => {
        if (await this.#hear(channel, message, caller, deadline)) return node.view.epoch;
        throw new CacheError('TIMEOUT', `those who listen to ${channel} are not done in time`);
      },
    });
  }

  /** Hears what is published under `channel` from now on, by any node; what is answered ends that. */
  subscribe(channel: string, listener: MessageListener): () => void {
    const listeners = this.#listeners.get(channel) ?? new Set();
    this.#listeners.set(channel, listeners);
    // Each subscription is one of its own.
    const own: MessageListener = (...heard) => listener(...heard);
    listeners.add(own);
    return () => {
      listeners.delete(own);
      if (listeners.size === 0 && this.#listeners.get(channel) === listeners) this.#listeners.delete(channel);
    };
  }

  /**
   * Tells every node, this one included, and resolves when all have heard: their listeners were called, and what these await is
   * done. Messages of one node may overtake each other, and one is perhaps heard twice. A node that leaves or dies meanwhile is
   * not waited for; one that joins meanwhile is told.
   *
   * Rejects with `PARTIAL_RESULT` if nodes that are there could not be told in time, or their listeners are not done by then,
   * naming them: all others were; with what a listener throws; with `NOT_SERIALIZABLE`, `TOO_LARGE`, `INVALID_OPTION` or `CLOSED`; and with `OVERLOADED` when 1,000
   * messages are under way from this node.
   */
  async publish(channel: string, message: unknown, options: PublishOptions = {}): Promise<void> {
    const checked = checkOptions('options', options, { timeout: duration }) as { timeout?: number };
    const { timeout = this.#node.timeout } = checked;
    if (this.#underWay === most) {
      const reason = `${most} messages are under way from this node: wait for some of them before you publish more`;
      throw new CacheError('OVERLOADED', reason);
    }
    this.#underWay += 1;
    try {
      const held = this.#encoded(message);
      const deadline = this.#node.clock.now() + timeout;
      const telling = new Telling(this.#node, [channel, held], deadline);
      await telling.everybody(this.#hear(channel, held, this.#node.id, deadline));
    } catch (error) {
      throw translate(error);
    } finally {
      this.#underWay -= 1;
    }
  }

  #encoded(message: unknown): Encoded {
    const held = this.#node.codec.encode(message);
    if (held.length <= this.#node.largestValue) return held;
    const reason = `the message has ${held.length} bytes when encoded, over the limit of ${this.#node.largestValue}`;
    throw new CacheError('TOO_LARGE', reason);
  }

  /** Each listener gets a copy of its own. Whether they are done in time; rejects with what one throws. */
  async #hear(channel: string, message: Encoded, from: string, deadline: number): Promise<boolean> {
    const { codec, clock } = this.#node;
    const listeners = [...(this.#listeners.get(channel) ?? [])];
    const done = Promise.all(listeners.map(async (listener) => listener(codec.decode(message), from)));
    return new Promise((resolve, reject) => {
      const timer = clock.after(Math.max(0, deadline - clock.now()), () => resolve(false));
      void done.then(() => resolve(true), reject).finally(() => timer.cancel());
    });
  }
}

/** One message on its way to all other nodes. */
class Telling {
  readonly #node: RoutedNode;
  readonly #args: readonly unknown[];
  readonly #deadline: number;
  readonly #told = new Set<string>();
  readonly #missing: string[] = [];
  /** The newest view that those have who were told. */
  #newest = 0;

  constructor(node: RoutedNode, args: readonly unknown[], deadline: number) {
    this.#node = node;
    this.#args = args;
    this.#deadline = deadline;
  }

  get #remaining(): number {
    return Math.max(0, this.#deadline - this.#node.clock.now());
  }

  /** `here`: whether this node has heard it in time. */
  async everybody(here: Promise<boolean>): Promise<void> {
    const [inTime] = await Promise.all([here, this.#others()]);
    const { id, view } = this.#node;
    const answered = this.#told.size - this.#missing.length;
    if (!inTime) this.#missing.push(id);
    if (this.#missing.length === 0) return;
    const missing = [...this.#missing].sort();
    const error = new CacheError('PARTIAL_RESULT', `publish: no answer from ${missing.join(', ')}`);
    throw Object.assign(error, { value: undefined, answered, missing, epoch: view.epoch });
  }

  async #others(): Promise<void> {
    for (;;) {
      const { members, epoch } = this.#node.view;
      const next = members.filter(
        ({ id, incarnation }) => id !== this.#node.id && !this.#told.has(incarnation),
      );
      if (next.length > 0) await Promise.all(next.map((member) => this.#tell(member)));
      // Others know of somebody who has joined.
      else if (epoch < this.#newest) await this.#laterView(epoch);
      else return;
    }
  }

  /** Tells one, or notes that it could not be told although it is there. */
  async #tell({ id, incarnation }: Member): Promise<void> {
    this.#told.add(incarnation);
    for (;;) {
      try {
        const call = { service, handler: 'tell', args: this.#args, repeatable: true };
        const timeout = Math.max(1, this.#remaining);
        const epoch = (await this.#node.dispatch.callNode(id, { ...call, timeout })) as number;
        this.#newest = Math.max(this.#newest, epoch);
        return;
      } catch (error) {
        const { code } = translate(error) as { code?: unknown };
        if (!unheard.has(code)) throw error;
        if (!this.#node.view.members.some((member) => member.incarnation === incarnation)) return;
        if (this.#remaining <= pause) {
          this.#missing.push(id);
          return;
        }
      }
      await new Promise<void>((resolve) => void this.#node.clock.after(pause, resolve));
    }
  }

  /** Resolves once this node has learned of a view after `epoch`, or rejects when its time is over. */
  #laterView(epoch: number): Promise<void> {
    const node = this.#node;
    return new Promise((resolve, reject) => {
      const end = (): void => {
        timer.cancel();
        node.off('view', look);
      };
      const look = (): void => {
        if (node.view.epoch <= epoch) return;
        end();
        resolve();
      };
      const timer = node.clock.after(this.#remaining, () => {
        end();
        reject(
          new CacheError('TIMEOUT', `publish: others know of a view after ${epoch}, which is not known here`),
        );
      });
      node.on('view', look);
    });
  }
}
