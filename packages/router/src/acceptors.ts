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
    this.#open.add(
      new Acceptor(connection, this.#options, {
        greeted: (acceptor) => this.#supersede(acceptor),
        ended: (acceptor) => this.#end(acceptor),
      }),
    );
  }

  /**
   * A caller that dials again has given up its earlier link. What may still be on its way there is sent again over the new
   * one, and must not be executed after it.
   */
  #supersede(newest: Acceptor): void {
    for (const acceptor of [...this.#open]) {
      if (acceptor === newest || !acceptor.lasting || !newest.lasting) continue;
      if (acceptor.caller?.incarnation !== newest.caller?.incarnation) continue;
      acceptor.close();
      this.#end(acceptor);
    }
  }

  #end(acceptor: Acceptor): void {
    if (this.#open.delete(acceptor) && this.#open.size === 0) this.#lastEnded();
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
