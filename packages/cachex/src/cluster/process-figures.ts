import { hostname } from 'node:os';
import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import type { Clock, Timer } from '@cachex/router';
import { packageVersion } from './package-version.ts';

/** In ms: how often the event loop is looked at. */
const resolution = 10;
/** Figures of the event loop are of at least so many ms. */
const span = 1_000;
/** If nobody asks for so many ms, the event loop is looked at no more. */
const idleAfter = 30_000;

/** How late the event loop came to what was due, in ms. */
export interface LoopDelay {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** What a node says of its process. */
export interface ProcessFigures {
  /** The name of its machine. */
  readonly host: string;
  readonly pid: number;
  /** The version of Node.js. */
  readonly runtime: string;
  /** The version of this package. */
  readonly version: string;
  /** What its wall clock shows, in ms since 1970. */
  readonly wallTime: number;
  /** Bytes of this process in memory. */
  readonly rss: number;
  /** Bytes of its heap that are in use. */
  readonly heap: number;
  /** Of the last second or so, or longer if nobody asked; `null` until it was looked at for so long. */
  readonly loopDelay: LoopDelay | null;
}

/** Looks at the process of a node, while somebody asks for it. */
export class ProcessWatch {
  readonly #clock: Clock;
  #monitor: IntervalHistogram | undefined;
  #since = 0;
  #delay: LoopDelay | null = null;
  #idle: Timer | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  read(): ProcessFigures {
    const now = this.#clock.now();
    if (this.#monitor === undefined) {
      this.#monitor = monitorEventLoopDelay({ resolution });
      this.#monitor.enable();
      this.#since = now;
    } else if (now - this.#since >= span) {
      this.#delay = delayOf(this.#monitor);
      this.#monitor.reset();
      this.#since = now;
    }
    this.#idle?.cancel();
    this.#idle = this.#clock.after(idleAfter, () => this.close());
    const { rss, heapUsed } = process.memoryUsage();
    return {
      host: hostname(),
      pid: process.pid,
      runtime: process.version,
      version: packageVersion(),
      wallTime: this.#clock.wallTime(),
      rss,
      heap: heapUsed,
      loopDelay: this.#delay,
    };
  }

  close(): void {
    this.#idle?.cancel();
    this.#monitor?.disable();
    this.#monitor = undefined;
    this.#delay = null;
  }
}

/** The histogram has how long it took from look to look, in ns. */
function delayOf(monitor: IntervalHistogram): LoopDelay | null {
  if (monitor.count === 0) return null;
  const beyond = (ns: number): number => Math.max(0, ns / 1e6 - resolution);
  return {
    p50: beyond(monitor.percentile(50)),
    p99: beyond(monitor.percentile(99)),
    max: beyond(monitor.max),
  };
}
