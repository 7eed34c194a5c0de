import { Acceptor, type AcceptorOptions } from './acceptor.ts';
import { mostStrangers } from './limits.ts';
import type { Connection } from './transport.ts';

/** The links that other nodes hold to this one. */
export class Acceptors {
  readonly #options: AcceptorOptions;
  readonly #open = new Set<Acceptor>();
  /** Those of whom it is not known yet who calls, the earliest first. */
  readonly #strangers = new Set<Acceptor>();
  #lastEnded: () => void = () => {};

  constructor(options: AcceptorOptions) {
    this.#options = options;
  }

  accept(connection: Connection): void {
    const acceptor = new Acceptor(connection, this.#options, {
      greeted: (caller) => {
        this.#strangers.delete(caller);
        this.#supersede(caller);
      },
      ended: (caller) => this.#end(caller),
    });
    this.#open.add(acceptor);
    this.#strangers.add(acceptor);
    // Nodes are let in within moments; who has waited longest is least likely to be one.
    const [longest] = this.#strangers;
    if (this.#strangers.size <= mostStrangers || longest === undefined) return;
    longest.close();
    this.#end(longest);
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
    this.#strangers.delete(acceptor);
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
