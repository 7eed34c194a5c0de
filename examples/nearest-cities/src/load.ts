import { Agent, get } from 'node:http';
import { CACHE_HEADER, HOST } from './http.ts';
import { Tally } from './tally.ts';

const TIMEOUT_MS = 10_000;

export interface Target {
  readonly id: string;
  readonly port: number;
}

export interface LoadOptions {
  /** Asked before every request, so nodes may come and go. */
  readonly targets: () => readonly Target[];
  readonly nextCity: () => number;
  /** How many requests are under way at any time. */
  readonly inFlight: number;
}

/** Asks the nodes in turn, a fixed number of requests at a time, and counts what it gets. */
export class Load {
  /** The distinct cities asked for. */
  readonly asked = new Set<number>();
  readonly #options: LoadOptions;
  readonly #agent = new Agent({ keepAlive: true });
  #recent = new Map<string, Tally>();
  #turn = 0;

  constructor(options: LoadOptions) {
    this.#options = options;
  }

  /** Runs until the signal, and resolves once the last request is answered. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all(Array.from({ length: this.#options.inFlight }, () => this.#askOn(signal)));
    this.#agent.destroy();
  }

  /** What happened since it was last taken, by node. */
  takeRecent(): ReadonlyMap<string, Tally> {
    const recent = this.#recent;
    this.#recent = new Map();
    return recent;
  }

  async #askOn(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const targets = this.#options.targets();
      await this.#ask(targets[this.#turn++ % targets.length]!, this.#options.nextCity());
    }
  }

  async #ask({ id, port }: Target, city: number): Promise<void> {
    this.asked.add(city);
    const started = performance.now();
    const outcome = await request(this.#agent, port, city).catch(() => undefined);
    const took = performance.now() - started;

    const tally = this.#tallyOf(id);
    if (outcome === 'hit') tally.hits.record(took);
    else if (outcome === 'load') tally.waits.record(took);
    else tally.errors++;
  }

  #tallyOf(id: string): Tally {
    const tally = this.#recent.get(id) ?? new Tally();
    this.#recent.set(id, tally);
    return tally;
  }
}

/** Answers what the service says about its cache; anything but a complete answer rejects. */
function request(agent: Agent, port: number, city: number): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const options = { agent, host: HOST, port, path: `/nearest/${city}`, timeout: TIMEOUT_MS };
    const sent = get(options, (response) => {
      response.on('error', reject);
      response.on('end', () => {
        if (response.statusCode === 200) resolve(response.headers[CACHE_HEADER]);
        else reject(new Error(`HTTP status ${response.statusCode}`));
      });
      response.resume();
    });
    sent.on('error', reject);
    sent.on('timeout', () => sent.destroy(new Error('no answer in time')));
  });
}
