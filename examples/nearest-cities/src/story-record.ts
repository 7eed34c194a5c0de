import type { Handover } from './messages.ts';
import type { Blemishes } from './observations.ts';

/** All the joins of a run, or all its leaves. */
export class Chapter implements Blemishes {
  /** How many came to their end. */
  completed = 0;
  misses = 0;
  errors = 0;
  /** How many were handed over. */
  partitions = 0;
  /** From the start of the first hand-over to the end of the last, added up. */
  moveMs = 0;
  #first = Number.POSITIVE_INFINITY;
  #last = Number.NEGATIVE_INFINITY;

  begin(): void {
    this.#first = Number.POSITIVE_INFINITY;
    this.#last = Number.NEGATIVE_INFINITY;
  }

  moved({ partitions, at, duration }: Handover): void {
    const before = this.#span;
    this.#first = Math.min(this.#first, at - duration);
    this.#last = Math.max(this.#last, at);
    this.partitions += partitions;
    this.moveMs += this.#span - before;
  }

  get #span(): number {
    return Math.max(0, this.#last - this.#first);
  }
}

/** What was seen while a node joined and while it left. */
export class StoryRecord {
  readonly join: Chapter = new Chapter();
  readonly leave: Chapter = new Chapter();
  #current: Chapter | undefined;

  /** The chapter that is going on. */
  get current(): Chapter | undefined {
    return this.#current;
  }

  begin(chapter: 'join' | 'leave'): void {
    this.#current = this[chapter];
    this.#current.begin();
  }

  end(): void {
    if (this.#current) this.#current.completed++;
    this.#current = undefined;
  }

  moved(handover: Handover): void {
    this.#current?.moved(handover);
  }
}
