import type { Clock, Timer } from '../clock.ts';

export interface NatsWatchOptions {
  readonly clock: Clock;
  /** Milliseconds between looks. */
  readonly poll: number;
  /** Looks which is the newest view, connecting if need be: a number that is another one for the next; 0 if there is none. */
  look(): Promise<number>;
}

interface Watcher {
  /** What it was told of last. */
  told: number;
  changed(): void;
}

/** After an outage it is looked sooner, in ms, at first. */
const firstRetry = 50;

/**
 * Those who watch a bucket. Its servers tell of what is written, but not of what they told while nobody was connected, nor of a
 * bucket that is gone: a look at every `poll` milliseconds makes it sure, and keeps up the connection.
 */
export class NatsWatch {
  readonly #options: NatsWatchOptions;
  readonly #watchers = new Set<Watcher>();
  #timer: Timer | undefined;
  #looking = false;
  #retry = firstRetry;

  constructor(options: NatsWatchOptions) {
    this.#options = options;
  }

  add(changed: () => void): () => void {
    const watcher: Watcher = { told: 0, changed };
    this.#watchers.add(watcher);
    void this.#round();
    return () => {
      this.#watchers.delete(watcher);
      if (this.#watchers.size === 0) this.#timer?.cancel();
    };
  }

  /** That is the newest view, or was a moment ago. */
  saw(view: number): void {
    for (const watcher of this.#watchers) {
      if (watcher.told === view) continue;
      watcher.told = view;
      this.#options.clock.defer(() => this.#watchers.has(watcher) && watcher.changed());
    }
  }

  /** There is no connection any more. */
  lost(): void {
    this.#retry = firstRetry;
    this.#later(firstRetry);
  }

  close(): void {
    this.#watchers.clear();
    this.#timer?.cancel();
  }

  async #round(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    const { poll } = this.#options;
    let wait = poll;
    try {
      this.saw(await this.#options.look());
      this.#retry = firstRetry;
    } catch {
      // An outage: who calls `read` learns of it.
      wait = Math.min(this.#retry, poll);
      this.#retry *= 2;
    }
    this.#looking = false;
    this.#later(wait);
  }

  #later(ms: number): void {
    this.#timer?.cancel();
    if (this.#watchers.size > 0 && !this.#looking)
      this.#timer = this.#options.clock.after(ms, () => this.#round());
  }
}
