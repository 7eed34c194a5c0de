import type { ServerResponse } from 'node:http';
import type { Clock, Timer } from '@cachex/router';
import type { Seen } from './feed.ts';
import type { Frame } from './frame.ts';

/** How many may watch at a time. */
export const mostWatchers = 16;
/** Who takes nothing for so many ms is sent away. */
const patience = 30_000;

export interface WatchersOptions {
  readonly clock: Clock;
  /** What one of them is to be shown now. */
  frameFor(seen: Seen): Frame;
  /** The first came, or the last went. */
  watched(anybody: boolean): void;
}

/** Those who watch, each by one answer that does not end (server-sent events). */
export class Watchers {
  readonly #options: WatchersOptions;
  readonly #watchers = new Set<Watcher>();

  constructor(options: WatchersOptions) {
    this.#options = options;
  }

  get full(): boolean {
    return this.#watchers.size >= mostWatchers;
  }

  get size(): number {
    return this.#watchers.size;
  }

  /** Takes over an answer whose head was written. */
  add(response: ServerResponse): void {
    const watcher = new Watcher(response, this.#options);
    this.#watchers.add(watcher);
    response.once('close', () => {
      watcher.close();
      this.#watchers.delete(watcher);
      if (this.#watchers.size === 0) this.#options.watched(false);
    });
    if (this.#watchers.size === 1) this.#options.watched(true);
    watcher.tell();
  }

  /** Shows everybody what there is to be shown. */
  tell(): void {
    for (const watcher of this.#watchers) watcher.tell();
  }

  close(): void {
    for (const watcher of this.#watchers) watcher.end();
  }
}

/**
 * One of them. What it has not taken yet is at most one frame beyond what the system buffers: while it is busy with that it
 * misses others, and then it is shown what there is by then. Every frame is made for it, so it can miss any.
 */
class Watcher {
  readonly #response: ServerResponse;
  readonly #options: WatchersOptions;
  readonly #seen: Seen = { epoch: 0, points: 0 };
  #blocked: Timer | undefined;

  constructor(response: ServerResponse, options: WatchersOptions) {
    this.#response = response;
    this.#options = options;
    response.on('drain', () => {
      this.#blocked?.cancel();
      this.#blocked = undefined;
    });
  }

  tell(): void {
    if (this.#blocked !== undefined) return;
    let frame: string;
    try {
      frame = JSON.stringify(this.#options.frameFor(this.#seen));
    } catch {
      // A page about the application must never be what ends it.
      this.#response.destroy();
      return;
    }
    if (this.#response.write(`data: ${frame}\n\n`)) return;
    this.#blocked = this.#options.clock.after(patience, () => this.#response.destroy());
  }

  end(): void {
    this.#response.end();
  }

  close(): void {
    this.#blocked?.cancel();
  }
}
