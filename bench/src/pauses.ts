import { PerformanceObserver } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';
import { type ThreadTimes, threadTimes, tick } from './thread-times.ts';

/** From when to when something lasted, by `performance.now`. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** Where times come from. */
export interface PausesSettings {
  readonly now: () => number;
  readonly times: () => ThreadTimes | undefined;
  /** Tells of each garbage collection, some turns of the event loop after it; answers what ends that. */
  readonly observe: (collected: (span: Span) => void) => () => void;
}

interface Slice extends Span {
  readonly before: ThreadTimes | undefined;
  readonly after: ThreadTimes | undefined;
}

/** Shorter slices than this cannot be the longest one that matters, and are not kept. In ms. */
const worthKeeping = 0.5;

/**
 * Finds the longest slice of work, without what garbage collection took of it, and without the time for which the thread did
 * not run: others had its processor.
 */
export class Pauses {
  readonly #settings: PausesSettings;
  readonly #collections: Span[] = [];
  readonly #slices: Slice[] = [];
  readonly #ignore: () => void;
  #short = 0;

  constructor(settings: Partial<PausesSettings> = {}) {
    this.#settings = {
      ...{
        now: () => performance.now(),
        times: settings.times ?? threadTimes(),
        observe: observeCollections,
      },
      ...settings,
    };
    this.#ignore = this.#settings.observe((span) => this.#collections.push(span));
  }

  /** Runs one slice of work. */
  slice(work: () => void): void {
    const before = this.#settings.times();
    const from = this.#settings.now();
    work();
    this.#add(from, before);
  }

  /** Lets others run once; what they do until this goes on is a slice. */
  async turn(): Promise<void> {
    const before = this.#settings.times();
    const from = this.#settings.now();
    await setImmediate();
    this.#add(from, before);
  }

  /** In ms. */
  async longest(): Promise<number> {
    for (let turn = 0; turn < 3; turn += 1) await setImmediate();
    this.#ignore();
    return this.#slices.reduce((longest, slice) => Math.max(longest, this.#own(slice)), this.#short);
  }

  #add(from: number, before: ThreadTimes | undefined): void {
    const to = this.#settings.now();
    if (to - from > worthKeeping) this.#slices.push({ from, to, before, after: this.#settings.times() });
    else this.#short = Math.max(this.#short, to - from);
  }

  /** What is left of a slice. */
  #own({ from, to, before, after }: Slice): number {
    const collecting = this.#collections.reduce((sum, { from: begun, to: ended }) => {
      return sum + Math.max(0, Math.min(to, ended) - Math.max(from, begun));
    }, 0);
    const lasted = to - from - collecting;
    if (before === undefined || after === undefined) return lasted;
    // A virtual machine may also lose its processor without noticing; then the thread did not run, and did not wait.
    return Math.min(lasted - (after.waited - before.waited), after.ran - before.ran + tick);
  }
}

function observeCollections(collected: (span: Span) => void): () => void {
  const observer = new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) {
      collected({ from: startTime, to: startTime + duration });
    }
  });
  observer.observe({ entryTypes: ['gc'] });
  return () => observer.disconnect();
}
