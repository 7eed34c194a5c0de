import type { Socket } from 'node:net';
import type { Clock, Timer } from '../clock.ts';
import { handshakeTimeout, mostStrangers } from '../limits.ts';

/** Connections whose TLS handshake is under way: not many, and each for a short while. */
export class Lobby {
  readonly #clock: Clock;
  readonly #waiting = new Map<string, { readonly socket: Socket; readonly timer: Timer }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  enter(socket: Socket): void {
    const who = nameOf(socket);
    const timer = this.#clock.after(handshakeTimeout, () => void socket.destroy());
    this.#waiting.set(who, { socket, timer });
    socket.once('close', () => this.#forget(who, socket));
    // Who has waited longest is least likely to be a node.
    const [longest] = this.#waiting.values();
    if (this.#waiting.size > mostStrangers) longest?.socket.destroy();
  }

  /** The handshake is done. */
  leave(socket: Socket): void {
    this.#forget(nameOf(socket));
  }

  close(): void {
    for (const { socket } of this.#waiting.values()) socket.destroy();
  }

  #forget(who: string, socket?: Socket): void {
    const found = this.#waiting.get(who);
    if (found === undefined || (socket !== undefined && found.socket !== socket)) return;
    found.timer.cancel();
    this.#waiting.delete(who);
  }
}

/** The other end: no two sockets that are open have the same. */
function nameOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}
