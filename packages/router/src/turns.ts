import type { Clock } from './clock.ts';

/** How long answers may follow one another before the event loop is to come round, in ms. */
const longest = 2;
/** After how many of them the clock is looked at; of the first ones in a turn, each of which may take long, more often. */
const [first, some] = [2, 64];

/**
 * The turns of the event loop, as far as calls hold them up that are answered without waiting for anything. A program that
 * makes one such call after another goes on in the same turn for ever: no timer fires and no message arrives, a node does
 * not learn of others, and is removed by them. So the answers that come when a turn has taken long are given in the next.
 */
export class Turns {
  readonly #clock: Clock;
  #answers = 0;
  /** At which of them the clock is looked at next. */
  #due = first;
  /** When this turn was noticed, if it was. */
  #since: number | undefined;
  #over = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** To be asked at each such answer: whether it must wait for the next turn. */
  over(): boolean {
    this.#answers += 1;
    if (this.#answers === this.#due) this.#look();
    return this.#over;
  }

  /** The answer, perhaps in the next turn. */
  pace<T>(answer: Promise<T>): Promise<T> {
    if (!this.over()) return answer;
    // Whoever was promised this learns of a failure then.
    answer.catch(() => {});
    return new Promise((resolve) => this.#clock.defer(() => resolve(answer)));
  }

  #look(): void {
    this.#due += Math.min(this.#due, some);
    const now = this.#clock.now();
    if (this.#since !== undefined) this.#over = now - this.#since >= longest;
    else {
      this.#since = now;
      this.#clock.defer(() => {
        this.#since = undefined;
        this.#over = false;
        this.#answers = 0;
        this.#due = first;
      });
    }
  }
}
