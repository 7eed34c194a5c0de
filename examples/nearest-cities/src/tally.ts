import { Histogram } from './histogram.ts';

/** What became of some requests. */
export class Tally {
  /** How long the requests took that found their answer in the cache. */
  readonly hits = new Histogram();
  /** How long the requests took that waited for a load. */
  readonly waits = new Histogram();
  errors = 0;

  /** Requests that were answered. */
  get requests(): number {
    return this.hits.count + this.waits.count;
  }

  /** `undefined` without requests. */
  get hitRate(): number | undefined {
    return this.requests === 0 ? undefined : this.hits.count / this.requests;
  }

  /** Of all the answers. */
  percentile(p: number): number | undefined {
    const all = new Histogram();
    all.add(this.hits);
    all.add(this.waits);
    return all.percentile(p);
  }

  add(other: Tally): void {
    this.hits.add(other.hits);
    this.waits.add(other.waits);
    this.errors += other.errors;
  }
}
