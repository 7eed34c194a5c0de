import type { NatsConnection } from '@nats-io/transport-node';
import type { Clock, Timer } from '../clock.ts';
import { RouterError } from '../errors.ts';
import { within } from '../within.ts';
import type { NatsSettings } from './options.ts';
import { loadPackage } from './packages.ts';

export interface NatsSessionOptions {
  readonly settings: NatsSettings;
  readonly clock: Clock;
  /** A connection stands, the first one or another one. */
  opened(connection: NatsConnection): void;
  /** It has ended, though nobody here has asked it to. */
  lost(reason: string): void;
  /** The server says that something went wrong. */
  failed?(error: Error): void;
}

/** How often it is made sure that the server still answers, in ms; a healthy one takes no longer for that. */
const beat = 1_000;

/** How soon a server that hangs is dialled again, in ms. */
const firstRetry = 250;

/** How long what was sent may take to leave when a session is closed, in ms. */
const parting = 1_000;

/**
 * The connection of this process to a NATS cluster: made when somebody needs it, and made anew after it broke.
 *
 * The client could reconnect by itself, but then nobody would know what was lost in between, and what was asked before an
 * outage might be done after it. Here the end of a connection is the end of all that was under way.
 */
export class NatsSession {
  readonly #options: NatsSessionOptions;
  #connection: NatsConnection | undefined;
  #dialling: Promise<NatsConnection> | undefined;
  /** Servers that others have told of. */
  #heardOf: readonly string[] = [];
  #beat: Timer | undefined;
  /** Since when an answer is waited for. */
  #askedAt = Number.POSITIVE_INFINITY;
  /** The last server that was dialled let it hang. */
  #hung = false;
  #closed = false;

  constructor(options: NatsSessionOptions) {
    this.#options = options;
  }

  /** Whether there is no connection, or one to a server that does not answer. */
  get stalled(): boolean {
    return this.#connection === undefined || this.#options.clock.now() - this.#askedAt > beat;
  }

  /**
   * The connection, made if there is none. Rejects if no server answers in time, and with `INVALID_OPTION` if one refuses
   * the credentials.
   */
  async connected(): Promise<NatsConnection> {
    if (this.#closed) throw closed();
    if (this.#connection !== undefined) return this.#connection;
    this.#dialling ??= this.#dial().finally(() => {
      this.#dialling = undefined;
    });
    const { clock, settings } = this.#options;
    const late = (): Error =>
      new Error(`no NATS server answered within ${settings.timeout} ms: ${this.#servers}`);
    return within(clock, settings.timeout, this.#dialling, late);
  }

  /** Sends what is left to send, and ends. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#beat?.cancel();
    const connection = this.#connection;
    this.#connection = undefined;
    if (connection === undefined || connection.isClosed()) return;
    const drained = within(this.#options.clock, parting, connection.drain(), () => new Error('hangs'));
    await drained.catch(() => connection.close());
  }

  get #servers(): string {
    return this.#options.settings.servers.join(', ');
  }

  async #dial(): Promise<NatsConnection> {
    const { settings, opened } = this.#options;
    let failure: unknown;
    for (const servers of [settings.servers, this.#heardOf]) {
      if (servers.length === 0) continue;
      try {
        const connection = await this.#connect([...servers]);
        this.#keep(connection);
        opened(connection);
        return connection;
      } catch (error) {
        if (this.#closed) throw closed();
        failure ??= error;
      }
    }
    throw this.#explained(failure);
  }

  async #connect(servers: string[]): Promise<NatsConnection> {
    const { settings } = this.#options;
    const { connect } = await loadPackage('@nats-io/transport-node', () => import('@nats-io/transport-node'));
    try {
      const connection = await connect({
        ...settings.client,
        servers,
        timeout: settings.timeout,
        reconnect: false,
        // The client drops a socket that hangs when it dials the next time, and never if it does not.
        waitOnFirstConnect: this.#hung,
        reconnectDelayHandler: () => {
          if (this.#closed) throw closed();
          return firstRetry;
        },
      });
      this.#hung = false;
      return connection;
    } catch (error) {
      this.#hung = (error as Error).name === 'TimeoutError';
      throw error;
    }
  }

  #keep(connection: NatsConnection): void {
    if (this.#closed) {
      void connection.close();
      throw closed();
    }
    this.#connection = connection;
    letGo(connection);
    void connection.closed().then((reason) => this.#gone(connection, reason));
    void this.#hear(connection);
    this.#listen(connection);
  }

  async #hear(connection: NatsConnection): Promise<void> {
    for await (const status of connection.status())
      if (status.type === 'error') this.#options.failed?.(status.error);
  }

  /** A server that is stopped keeps its sockets: it must give a sign of life. */
  #listen(connection: NatsConnection): void {
    const { clock, settings } = this.#options;
    this.#heardOf = connection.info?.connect_urls ?? [];
    this.#askedAt = Number.POSITIVE_INFINITY;
    this.#beat = clock.after(beat, () => {
      this.#askedAt = clock.now();
      const answer = within(clock, settings.timeout, connection.flush(), () => new Error('hangs'));
      answer.then(
        () => connection === this.#connection && this.#listen(connection),
        () => connection.close(),
      );
    });
  }

  #gone(connection: NatsConnection, reason: unknown): void {
    if (connection !== this.#connection) return;
    this.#beat?.cancel();
    this.#connection = undefined;
    const why = reason instanceof Error ? `: ${reason.message}` : '';
    this.#options.lost(`the connection to the NATS server ended${why}`);
  }

  #explained(error: unknown): Error {
    const { name, message } = error as Error;
    if (error instanceof RouterError) return error;
    if (name === 'AuthorizationError' || name === 'UserAuthenticationExpiredError') {
      const problem = `the NATS server at ${this.#servers} refuses these credentials (${message})`;
      const options = 'user, pass, token, authenticator';
      return new RouterError('INVALID_OPTION', `${options}: ${problem}`, { cause: error });
    }
    if (name === 'InvalidArgumentError')
      return new RouterError('INVALID_OPTION', `servers: ${this.#servers}: ${message}`, { cause: error });
    return new Error(`no NATS server can be reached at ${this.#servers}: ${message}`, { cause: error });
  }
}

/** What the client holds that must not keep the process alive, for which it has no option. */
interface Insides {
  readonly protocol?: {
    readonly transport?: { readonly socket?: { unref?(): void } };
    readonly heartbeats?: { cancel?(): void };
  };
}

/** Lets the process end while this connection stands. Should the client change inside, the process stays alive longer. */
function letGo(connection: NatsConnection): void {
  const { protocol } = connection as unknown as Insides;
  protocol?.transport?.socket?.unref?.();
  // The session has its own.
  protocol?.heartbeats?.cancel?.();
}

function closed(): RouterError {
  return new RouterError('CLOSED', 'the connection to NATS is closed');
}
