import type { ClusterCache } from 'cachex/cluster';

/** What is asked, and how often. */
export interface Pressure {
  /** Keys, asked for one after another. */
  readonly keys: readonly string[];
  /** What each call costs its owner, in ms: the command `work`. None: a `get`. */
  readonly cost?: number;
  /** Calls in a second, whether earlier ones were answered or not. */
  readonly rate: number;
}

/** What its callers were told. */
export interface Pressed {
  readonly asked: number;
  readonly answered: number;
  readonly codes: Readonly<Record<string, number>>;
  /** The longest that anybody waited for an answer or an error, in ms. */
  readonly longest: number;
  /** Those who wait still. */
  readonly silent: number;
}

/** How often calls are made, in ms: all that are due at once. */
const turn = 10;

/** Asks at a pace that does not depend on answers, as users do. */
export class Pressing {
  readonly #cache: ClusterCache<string, unknown>;
  readonly #pressure: Pressure;
  readonly #timer: NodeJS.Timeout;
  #asked = 0;
  #answered = 0;
  #settled = 0;
  #longest = 0;
  readonly #codes: Record<string, number> = {};

  constructor(cache: ClusterCache<string, unknown>, pressure: Pressure) {
    this.#cache = cache;
    this.#pressure = pressure;
    this.#timer = setInterval(() => {
      const due = Math.ceil((pressure.rate * turn) / 1_000);
      for (let n = 0; n < due; n += 1) void this.#ask();
    }, turn);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  get pressed(): Pressed {
    return {
      ...{ asked: this.#asked, answered: this.#answered, codes: this.#codes },
      ...{ longest: this.#longest, silent: this.#asked - this.#settled },
    };
  }

  async #ask(): Promise<void> {
    const { keys, cost } = this.#pressure;
    const key = keys[this.#asked % keys.length]!;
    const at = performance.now();
    this.#asked += 1;
    try {
      await (cost === undefined ? this.#cache.get(key) : this.#cache.invoke('work', key, [cost]));
      this.#answered += 1;
    } catch (error) {
      const { code = 'no code' } = error as { code?: string };
      this.#codes[code] = (this.#codes[code] ?? 0) + 1;
    }
    this.#settled += 1;
    this.#longest = Math.max(this.#longest, performance.now() - at);
  }
}
