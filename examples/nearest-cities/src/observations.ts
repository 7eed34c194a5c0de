import { wallClock } from './wall-clock.ts';

/** Failures and needless loads among the requests of some stretch of time. */
export interface Blemishes {
  misses: number;
  errors: number;
}

export interface ObservationsOptions {
  /** Where the blemishes of this moment are counted, if they are. */
  readonly window: () => Blemishes | undefined;
  readonly clock?: () => number;
}

/** Hears what became of a question: the body of the answer, or nothing if there was none. */
export type Hear = (body: string | undefined) => void;

interface Known {
  readonly body: string;
  readonly computedAt: number;
  readonly neighbours: string;
}

/** Remembers the answer to every question, and notices what must not happen to the next ones. */
export class Observations {
  /** Answers that were older than one received before the question, or told other neighbours. */
  staleReads = 0;
  readonly #options: ObservationsOptions;
  readonly #clock: () => number;
  /** By city; `undefined` until the first answer. */
  readonly #known = new Map<number, Known | undefined>();

  constructor(options: ObservationsOptions) {
    this.#options = options;
    this.#clock = options.clock ?? wallClock;
  }

  /** How many different cities were asked for. */
  get distinctKeys(): number {
    return this.#known.size;
  }

  /** A question is about to be asked; it counts for the window of its answer, or else for that of its beginning. */
  ask(city: number): Hear {
    const known = this.#known.get(city);
    if (known === undefined) this.#known.set(city, undefined);
    const asked = this.#clock();
    const before = this.#options.window();
    return (body) => {
      const window = this.#options.window() ?? before;
      if (body === undefined) {
        if (window) window.errors++;
      } else if (body !== known?.body) {
        const answer = parse(body);
        if (known && isStale(answer, known)) this.staleReads++;
        if (known && window && answer.computedAt > Math.max(asked, known.computedAt)) window.misses++;
        this.#remember(city, answer);
      }
    };
  }

  #remember(city: number, answer: Known): void {
    const newest = this.#known.get(city);
    if (newest === undefined || answer.computedAt > newest.computedAt) this.#known.set(city, answer);
  }
}

function parse(body: string): Known {
  const { computedAt, neighbours } = JSON.parse(body) as { computedAt: number; neighbours: unknown };
  return { body, computedAt, neighbours: JSON.stringify(neighbours) };
}

function isStale(answer: Known, known: Known): boolean {
  return answer.computedAt < known.computedAt || answer.neighbours !== known.neighbours;
}
