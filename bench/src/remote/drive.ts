/** Whether something that has lasted so long, and had so many operations, is over. */
export type Phase = (operations: number, ms: number) => boolean;

/** What is done again and again, and how. */
export interface DriveSettings {
  /** Does the nth operation. */
  readonly operate: (n: number) => Promise<unknown>;
  /** Refuses the answer to the nth operation, by throwing. */
  readonly check: (n: number, answer: unknown) => void;
  readonly inFlight: number;
  /** How many of those that are in flight have an eye on the clock for each operation. */
  readonly watched: number;
  /** For how long operations do not count, and then do. */
  readonly warmUp: Phase;
  readonly timed: Phase;
  /** Told when counting begins and when it ends. */
  readonly mark: () => void;
  readonly now: () => number;
  readonly after: (ms: number, task: () => void) => void;
  /** After so many operations others get their turn: what is answered at once would never let a timer run. */
  readonly turn: number;
  /** Lets others run, then goes on. */
  readonly yield: (goOn: () => void) => void;
}

/** What came of it. */
export interface Driven {
  readonly operations: number;
  readonly ms: number;
  /** How long those operations took that were watched, in ms. */
  readonly latencies: readonly number[];
}

/** How often it is looked whether a phase is over, in ms. */
const glance = 10;

/**
 * Keeps as many operations under way as were asked for: each answer begins the next one. Little else is done, so that what is
 * measured is the candidate. Rejects with the first failure.
 */
export function drive(settings: DriveSettings): Promise<Driven> {
  const { operate, check, inFlight, watched, turn, warmUp, timed, mark, now, after } = settings;
  return new Promise((resolve, reject) => {
    const latencies: number[] = [];
    let begun = 0;
    let answered = 0;
    let active = inFlight;
    let counting = false;
    let driven: Driven | undefined;
    let failed = false;

    const fail = (error: unknown): void => {
      failed = true;
      reject(error);
    };

    const keepGoing = (isWatched: boolean): void => {
      let n = 0;
      let from = 0;
      const begin = (): void => {
        n = begun;
        begun += 1;
        if (isWatched) from = now();
        operate(n).then(done, fail);
      };
      const done = (answer: unknown): void => {
        if (isWatched && counting) latencies.push(now() - from);
        try {
          check(n, answer);
        } catch (error) {
          fail(error);
        }
        answered += 1;
        if (failed) return;
        if (driven !== undefined) {
          active -= 1;
          if (active === 0) resolve(driven);
        } else if (answered % turn === 0) settings.yield(begin);
        else begin();
      };
      begin();
    };

    for (let n = 0; n < inFlight; n += 1) keepGoing(n < watched);
    const during = (phase: Phase, over: (operations: number, ms: number) => void): void => {
      const [before, since] = [answered, now()];
      const look = (): void => {
        const [operations, ms] = [answered - before, now() - since];
        if (phase(operations, ms)) over(operations, ms);
        else if (!failed) after(glance, look);
      };
      after(glance, look);
    };
    during(warmUp, () => {
      mark();
      counting = true;
      during(timed, (operations, ms) => {
        driven = { operations, ms, latencies };
        counting = false;
        mark();
      });
    });
  });
}
