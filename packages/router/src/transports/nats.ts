import type { Subscription } from '@nats-io/transport-node';
import { type Clock, systemClock, type Timer } from '../clock.ts';
import { RouterError } from '../errors.ts';
import { keyOf } from '../nats/bucket.ts';
import { Hold } from '../nats/hold.ts';
import { type NatsOptions, type NatsSettings, settleNats } from '../nats/options.ts';
import { NatsSession } from '../nats/session.ts';
import { type Random, randomName, systemRandom } from '../random.ts';
import { ConnectError, type Connection, type Listener, type Transport } from '../transport.ts';
import { within } from '../within.ts';
import { MessageType, writeMessage } from './nats-message.ts';
import { NatsWire } from './nats-wire.ts';

export interface NatsTransportOptions extends NatsOptions {
  readonly clock?: Clock;
  readonly random?: Random;
}

const scheme = 'nats:';

/**
 * How soon it is tried to be reached again after the connection was lost, in ms, at first and at last: whoever comes back much
 * later than the others is missed.
 */
const firstRetry = 50;
const lastRetry = 500;

/**
 * Links by way of NATS, for nodes that cannot reach each other; an address is `nats:` and a subject, and a node that is told
 * of none has one of its own. Needs the package `@nats-io/transport-node`. Throws `INVALID_OPTION`.
 *
 * All links and listeners of one transport share one connection, which is closed with the last of them. When it breaks, all
 * links end, for what was on its way may be lost; listeners are there again as soon as a server is. That nobody answers proves
 * no death. Whoever may use the subjects may speak to the node.
 */
export function natsTransport(options: NatsTransportOptions): Transport {
  const { clock = systemClock, random = systemRandom } = options;
  const hub = new NatsHub(settleNats(options, ['clock', 'random']), clock, random);
  return {
    name: 'nats',
    address: (cluster, name) => `${scheme}cachex.link.${keyOf(cluster)}.${name}`,
    cutOff: () => hub.cutOff,
    listen: (address, accept) => hub.hold.during(async () => hub.listen(subjectOf(address), accept)),
    connect: (address, connecting) =>
      hub.hold.during(async () => hub.connect(subjectOf(address), connecting?.signal)),
  };
}

function subjectOf(address: string): string {
  const subject = address.slice(scheme.length);
  if (!address.startsWith(scheme) || subject.length > 200 || !/^[\w-]+(\.[\w-]+)*$/.test(subject)) {
    const problem = `'${address}' is not an address of the NATS transport: use nats:a.subject`;
    throw new RouterError('INVALID_OPTION', problem);
  }
  return subject;
}

function refuseAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new Error('it was told to stop');
}

interface Listening {
  readonly accept: (connection: Connection) => void;
  /** `undefined` before it is known that nobody else listens there. */
  subscription: Subscription | undefined;
  /** Why the server lets nobody listen there. */
  refusal: Error | undefined;
}

class NatsHub {
  readonly #settings: NatsSettings;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly hold: Hold = new Hold();
  readonly #listeners = new Map<string, Listening>();
  #session: NatsSession | undefined;
  #wire: NatsWire | undefined;
  /** Links and listeners, and those that are about to be: who needs the connection. */
  #users = 0;
  #retry: Timer | undefined;

  constructor(settings: NatsSettings, clock: Clock, random: Random) {
    this.#settings = settings;
    this.#clock = clock;
    this.#random = random;
  }

  /** Somebody needs the connection, and there is none that works. */
  get cutOff(): boolean {
    return this.#session?.stalled === true;
  }

  async listen(subject: string, accept: (connection: Connection) => void): Promise<Listener> {
    const taken = (): Error => new Error(`somebody listens at ${scheme}${subject} already`);
    if (this.#listeners.has(subject)) throw taken();
    const listening: Listening = { accept, subscription: undefined, refusal: undefined };
    this.#listeners.set(subject, listening);
    this.#users += 1;
    try {
      const wire = await this.#connected();
      if (await this.#answered(wire, subject)) throw taken();
      this.#subscribe(wire, subject, listening);
      await this.#flushed(wire);
      if (listening.refusal !== undefined) {
        const problem = `NATS lets this user listen at no such subject (${listening.refusal.message})`;
        throw new RouterError('INVALID_OPTION', `listen: ${scheme}${subject}: ${problem}`);
      }
    } catch (error) {
      await this.#silence(subject, listening);
      throw error;
    }
    let kept = false;
    const keepAlive = (active: boolean): void => {
      if (kept === active || (active && this.#listeners.get(subject) !== listening)) return;
      kept = active;
      this.hold.change(active);
    };
    const close = async (): Promise<void> => {
      keepAlive(false);
      await this.#silence(subject, listening);
    };
    return { address: `${scheme}${subject}`, keepAlive, close, abandon: close };
  }

  async connect(subject: string, signal: AbortSignal | undefined): Promise<Connection> {
    this.#users += 1;
    try {
      refuseAborted(signal);
      const wire = await this.#connected();
      refuseAborted(signal);
      return await wire.dial(subject, signal);
    } catch (cause) {
      const message = `cannot connect to ${scheme}${subject}: ${(cause as Error).message}`;
      throw new ConnectError(message, { dead: false, cause });
    } finally {
      void this.#leave();
    }
  }

  async #connected(): Promise<NatsWire> {
    this.#session ??= this.#begin();
    await this.#session.connected();
    if (this.#wire === undefined) throw new Error('the connection to the NATS server ended');
    return this.#wire;
  }

  #begin(): NatsSession {
    const session: NatsSession = new NatsSession({
      settings: this.#settings,
      clock: this.#clock,
      opened: (connection) => {
        const { inboxPrefix = '_INBOX' } = this.#settings.client;
        const wire = new NatsWire({
          connection,
          inbox: `${inboxPrefix}.${randomName(this.#random, 22)}`,
          clock: this.#clock,
          timeout: this.#settings.timeout,
          keepAlive: (active) => this.hold.change(active),
          counted: (by) => {
            this.#users += by;
            if (by < 0) void this.#left();
          },
        });
        this.#wire = wire;
        for (const [subject, listening] of this.#listeners)
          if (listening.subscription !== undefined) this.#subscribe(wire, subject, listening);
      },
      lost: (reason) => {
        const wire = this.#wire;
        this.#wire = undefined;
        wire?.end(reason);
        if (session === this.#session) this.#return(firstRetry);
      },
      failed: (error) => {
        const { name, operation, subject } = error as Error & { operation?: string; subject?: string };
        if (name === 'PermissionViolationError' && operation === 'publish')
          this.#wire?.refuse(subject!, error.message);
      },
    });
    return session;
  }

  /** Those who listen want to be reached again. */
  #return(wait: number): void {
    if (this.#listeners.size === 0) return;
    this.#retry?.cancel();
    this.#retry = this.#clock.after(wait, () => {
      this.#connected().catch(() => this.#return(Math.min(wait * 2, lastRetry)));
    });
  }

  #subscribe(wire: NatsWire, subject: string, listening: Listening): void {
    listening.subscription = wire.connection.subscribe(subject, {
      callback: (error, message) => {
        if (error === null) wire.answer(message, listening.accept);
        else listening.refusal = error;
      },
    });
  }

  /** Whether somebody listens at `subject`, even if it hangs. */
  async #answered({ connection }: NatsWire, subject: string): Promise<boolean> {
    try {
      const { timeout } = this.#settings;
      await connection.request(subject, writeMessage(MessageType.probe, 0), { timeout });
      return true;
    } catch (error) {
      if ((error as { isNoResponders?(): boolean }).isNoResponders?.() === true) return false;
      if ((error as Error).name === 'TimeoutError') return true;
      throw error;
    }
  }

  async #silence(subject: string, listening: Listening): Promise<void> {
    if (this.#listeners.get(subject) !== listening) return;
    this.#listeners.delete(subject);
    const wire = this.#wire;
    if (wire !== undefined && listening.subscription !== undefined) {
      listening.subscription.unsubscribe();
      await this.#flushed(wire).catch(() => {});
    }
    await this.#leave();
  }

  /** Resolves when the server has done what it was asked for. */
  #flushed({ connection }: NatsWire): Promise<void> {
    const late = (): Error => new Error('the NATS server does not answer');
    return within(this.#clock, this.#settings.timeout, connection.flush(), late);
  }

  #leave(): Promise<void> {
    this.#users -= 1;
    return this.#left();
  }

  async #left(): Promise<void> {
    if (this.#users > 0) return;
    const session = this.#session;
    this.#session = undefined;
    this.#wire = undefined;
    this.#retry?.cancel();
    await session?.close();
  }
}
