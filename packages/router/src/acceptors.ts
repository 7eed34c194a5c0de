import { Acceptor, type AcceptorOptions } from './acceptor.ts';
import type { Connection } from './transport.ts';

/** The links that other nodes hold to this one. */
export class Acceptors {
  readonly #options: AcceptorOptions;
  readonly #open = new Set<Acceptor>();
  #lastEnded: () => void = () => {};

  constructor(options: AcceptorOptions) {
    this.#options = options;
  }

  accept(connection: Connection): void {
    const acceptor = new Acceptor(connection, this.#options, (ended) => {
      this.#open.delete(ended);
      if (this.#open.size === 0) this.#lastEnded();
    });
    this.#open.add(acceptor);
  }

  /** Resolves when the other ends have closed all links, or after `ms`. */
  async ended(ms: number): Promise<void> {
    if (this.#open.size === 0) return;
    await new Promise<void>((resolve) => {
      const timer = this.#options.clock.after(Math.max(0, ms), resolve);
      this.#lastEnded = () => {
        timer.cancel();
        resolve();
      };
    });
  }

  close(): void {
    for (const acceptor of this.#open) acceptor.close();
  }
}
