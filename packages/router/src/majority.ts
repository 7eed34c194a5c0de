import { type Electorate, sizeOf } from './view.ts';

/**
 * Since when more than half of an electorate has given something: for each voter, when it was last asked for what it then
 * gave. The times are kept in order, for with many voters something is given all the time.
 */
export class Majority {
  readonly #self: string;
  #latest = new Map<string, number>();
  /** Those of all voters, ascending. This node has always given; who has not yet is before all others. */
  #times = new Float64Array(0);
  #needed = 0;

  /** `self` is an incarnation, and so are all voters. */
  constructor(self: string) {
    this.#self = self;
  }

  /** Counts the votes of these; what they have given so far stays, unless `anew`. */
  seat(electorate: Electorate, anew: boolean): void {
    const { voters } = electorate;
    const time = (voter: string): number =>
      (anew ? undefined : this.#latest.get(voter)) ?? Number.NEGATIVE_INFINITY;
    const others = voters.filter((voter) => voter !== this.#self);
    this.#latest = new Map(others.map((voter) => [voter, time(voter)]));
    const own = others.length < voters.length ? [Number.POSITIVE_INFINITY] : [];
    this.#times = Float64Array.from([...this.#latest.values(), ...own]).sort();
    this.#needed = Math.floor(sizeOf(electorate) / 2) + 1;
  }

  /** A voter has given it, asked at `time`. */
  note(voter: string, time: number): void {
    const before = this.#latest.get(voter);
    if (before === undefined || time <= before) return;
    this.#latest.set(voter, time);
    const from = this.#placeOf(before);
    const to = this.#placeOf(time) - 1;
    this.#times.copyWithin(from, from + 1, to + 1);
    this.#times[to] = time;
  }

  /** When the last of the newest that make a majority was asked; `undefined`: there are too few. */
  get since(): number | undefined {
    const time = this.#times[this.#times.length - this.#needed];
    return time === Number.NEGATIVE_INFINITY ? undefined : time;
  }

  /** The first place whose time is not before this one. */
  #placeOf(time: number): number {
    let [from, to] = [0, this.#times.length];
    while (from < to) {
      const middle = (from + to) >>> 1;
      if (this.#times[middle]! < time) from = middle + 1;
      else to = middle;
    }
    return from;
  }
}
