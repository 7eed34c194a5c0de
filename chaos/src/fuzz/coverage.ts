import { type Profiler, Session } from 'node:inspector';

/** The code that is looked at: that of the product, and of what it reads values with. */
const watched = /\/(?:packages\/(?:router|cachex)\/dist|node_modules\/msgpackr)\//;

/** What has run since the last look: how many blocks for the first time, and how often all blocks together. */
export interface Look {
  readonly fresh: number;
  readonly steps: number;
}

/** Which blocks of the code have run, as V8 counts them. */
export class Coverage {
  readonly #session = new Session();
  readonly #seen = new Set<string>();

  constructor() {
    this.#session.connect();
    this.#session.post('Profiler.enable');
    this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  /** How many blocks have run so far. */
  get blocks(): number {
    return this.#seen.size;
  }

  /** Looks at what has run since the last time. With `note` it is known from now on. */
  look(note: boolean): Look {
    let fresh = 0;
    let steps = 0;
    for (const { scriptId, url, functions } of this.#take()) {
      if (!watched.test(url)) continue;
      for (const { ranges } of functions) {
        for (const { startOffset, endOffset, count } of ranges) {
          if (count === 0) continue;
          steps += count;
          const block = `${scriptId}:${startOffset}:${endOffset}`;
          if (this.#seen.has(block)) continue;
          fresh += 1;
          if (note) this.#seen.add(block);
        }
      }
    }
    return { fresh, steps };
  }

  close(): void {
    this.#session.disconnect();
  }

  #take(): Profiler.ScriptCoverage[] {
    let taken: Profiler.ScriptCoverage[] = [];
    // Answered at once, within the call.
    this.#session.post('Profiler.takePreciseCoverage', (error, { result }) => {
      if (error === null) taken = result;
    });
    return taken;
  }
}
