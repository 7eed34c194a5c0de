import { EventEmitter } from 'node:events';
import type { MovedEvent } from './moves.ts';
import type { Logger } from './options.ts';
import { messageOf } from './serializable.ts';
import type { View } from './view.ts';

/** What a node tells those who listen. */
export interface NodeEvents {
  /** A new view is in force at this node. */
  view: [view: View];
  /** Partitions of this node were handed over. */
  moved: [event: MovedEvent];
  /** Something failed that nobody waits for. */
  error: [error: Error];
}

/** The listeners of a node. What a listener throws is its own affair: nothing of the node stops half-way for it, and the others are told. */
export class Events {
  readonly #emitter = new EventEmitter();
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
    // How many listen is the user's affair.
    this.#emitter.setMaxListeners(0);
  }

  on<E extends keyof NodeEvents>(event: E, listener: (...args: NodeEvents[E]) => void): void {
    this.#emitter.on(event, listener);
  }

  off<E extends keyof NodeEvents>(event: E, listener: (...args: NodeEvents[E]) => void): void {
    this.#emitter.off(event, listener);
  }

  emit<E extends keyof NodeEvents>(event: E, ...args: NodeEvents[E]): void {
    for (const listener of this.#emitter.listeners(event)) {
      try {
        listener.apply(this.#emitter, args);
      } catch (error) {
        this.#logger.error(`a listener of '${event}' failed: ${messageOf(error)}`);
      }
    }
  }
}
