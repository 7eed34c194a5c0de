import type { Socket } from 'node:net';
import type { Clock, Timer } from '../clock.ts';
import { ConnectError, type Connection, type ConnectionHandlers } from '../transport.ts';

/** How long a connection may take to open, in ms, with everything that the transport itself has to say. */
export const connectTimeout = 5_000;

/** How long what was sent before the end may take to leave, in ms. */
const flushTimeout = 10_000;

/** For sockets that cross a network. */
export const networkOptions: { noDelay: boolean; keepAlive: boolean; keepAliveInitialDelay: number } = {
  noDelay: true,
  keepAlive: true,
  keepAliveInitialDelay: 15_000,
};

export class SocketConnection implements Connection {
  readonly binding: Uint8Array | undefined;
  readonly #socket: Socket;
  readonly #clock: Clock;
  #closed = false;
  #flush: Timer | undefined;

  /** `binding`: see {@link Connection}. */
  constructor(socket: Socket, clock: Clock, binding?: Uint8Array) {
    this.binding = binding;
    this.#socket = socket;
    this.#clock = clock;
    socket.unref();
    // The close event follows and tells the owner of this connection.
    socket.on('error', () => {});
    socket.once('close', () => this.#flush?.cancel());
  }

  get pending(): number {
    return this.#socket.writableLength;
  }

  handle(handlers: ConnectionHandlers): void {
    if (this.#socket.closed) {
      this.#clock.defer(() => handlers.close());
      return;
    }
    this.#socket.on('data', (chunk: Buffer) => {
      if (!this.#closed) handlers.data(chunk);
    });
    this.#socket.once('close', () => handlers.close());
  }

  keepAlive(active: boolean): void {
    if (active) this.#socket.ref();
    else this.#socket.unref();
  }

  send(bytes: Uint8Array): void {
    if (!this.#closed && this.#socket.writable) this.#socket.write(bytes);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    // What was sent goes out first: a refusal is worth nothing if its reason is cut off.
    this.#socket.destroySoon();
    if (!this.#socket.closed)
      this.#flush = this.#clock.after(flushTimeout, () => void this.#socket.destroy());
  }
}

/** An attempt to connect. */
export interface Attempt {
  readonly address: string;
  readonly clock: Clock;
  readonly signal: AbortSignal | undefined;
  /** What an error of the socket means. */
  explain(error: NodeJS.ErrnoException): {
    readonly dead?: boolean;
    readonly untrusted?: boolean;
    readonly words?: string;
  };
}

/**
 * Waits until `ready` has called `done`. If it calls `fail`, if the socket fails or ends before that, if it takes too long,
 * or if nobody wants it any more, the socket is destroyed, and this rejects with a `ConnectError`.
 */
export function opened(
  socket: Socket,
  { address, clock, signal, explain }: Attempt,
  ready: (done: () => void, fail: (error: Error) => void) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (): void => {
      timer.cancel();
      signal?.removeEventListener('abort', abort);
      socket.off('error', fail);
      socket.off('close', closed);
    };
    const fail = (cause: NodeJS.ErrnoException): void => {
      end();
      // Whatever else goes wrong with it concerns nobody.
      socket.on('error', () => {});
      socket.destroy();
      const { dead = false, untrusted = false, words = cause.message || cause.code } = explain(cause);
      reject(new ConnectError(`cannot connect to ${address}: ${words}`, { dead, untrusted, cause }));
    };
    const closed = (): void => fail(new Error('it was closed at once'));
    const abort = (): void => fail(new Error('nobody wants it any more'));
    const timer = clock.after(connectTimeout, () =>
      fail(new Error(`nobody answered within ${connectTimeout} ms`)),
    );
    socket.once('error', fail);
    socket.once('close', closed);
    signal?.addEventListener('abort', abort, { once: true });
    ready(() => {
      end();
      resolve();
    }, fail);
    if (signal?.aborted === true) abort();
  });
}
