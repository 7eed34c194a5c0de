import { Agent, get } from 'node:http';
import { CACHE_HEADER, HOST } from './http.ts';
import type { Hear } from './observations.ts';
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
  /** Told of every question as it is asked. */
  readonly ask: (city: number) => Hear;
  /** How many requests are under way at any time. */
  readonly inFlight: number;
}

/** Asks the nodes in turn, a fixed number of requests at a time, and counts what it gets. */
export class Load {
  readonly #options: LoadOptions;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #underWay = new Map<string, Set<Promise<void>>>();
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

  /** Resolves when the requests to the node that are under way now are answered. */
  async idle(id: string): Promise<void> {
    await Promise.all(this.#underWay.get(id) ?? []);
  }

  async #askOn(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const targets = this.#options.targets();
      const target = targets[this.#turn++ % targets.length]!;
      const underWay = this.#underWay.get(target.id) ?? new Set();
      this.#underWay.set(target.id, underWay);
      const asking = this.#ask(target, this.#options.nextCity());
      underWay.add(asking);
      await asking;
      underWay.delete(asking);
    }
  }

  async #ask({ id, port }: Target, city: number): Promise<void> {
    const hear = this.#options.ask(city);
    const started = performance.now();
    const response = await request(this.#agent, port, city).catch(() => undefined);
    const took = performance.now() - started;

    hear(response?.body);
    const tally = this.#tallyOf(id);
    if (response?.cache === 'hit') tally.hits.record(took);
    else if (response?.cache === 'load') tally.waits.record(took);
    else tally.errors++;
  }

  #tallyOf(id: string): Tally {
    const tally = this.#recent.get(id) ?? new Tally();
    this.#recent.set(id, tally);
    return tally;
  }
}

interface Response {
  /** What the service says about its cache. */
  readonly cache: unknown;
  readonly body: string;
}

/** Anything but a complete answer rejects. */
function request(agent: Agent, port: number, city: number): Promise<Response> {
  return new Promise((resolve, reject) => {
    const options = { agent, host: HOST, port, path: `/nearest/${city}`, timeout: TIMEOUT_MS };
    const sent = get(options, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      response.on('error', reject);
      response.on('end', () => {
        if (response.statusCode === 200) resolve({ cache: response.headers[CACHE_HEADER], body });
        else reject(new Error(`HTTP status ${response.statusCode}`));
      });
    });
    sent.on('error', reject);
    sent.on('timeout', () => sent.destroy(new Error('no answer in time')));
  });
}
