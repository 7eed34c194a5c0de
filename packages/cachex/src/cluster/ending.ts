import { setMaxListeners } from 'node:events';

/** A signal for the many calls that one is made of: it follows that of the user, and ends them when nobody wants them any more. */
export class Ending {
  readonly #controller = new AbortController();
  readonly #from: AbortSignal | undefined;
  readonly #abort = (): void => this.#controller.abort(this.#from?.reason);

  constructor(from: AbortSignal | undefined) {
    this.#from = from;
    // As many as there are calls; Node.js would take more than ten for a leak.
    setMaxListeners(0, this.#controller.signal);
    from?.addEventListener('abort', this.#abort, { once: true });
    if (from?.aborted === true) this.#abort();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Ends the calls that are still under way. */
  end(): void {
    this.#from?.removeEventListener('abort', this.#abort);
    this.#controller.abort();
  }
}
