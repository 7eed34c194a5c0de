import {
  checkLinearizability,
  entryModel,
  type Loss,
  type Operation,
  type OperationOutcome,
} from 'cachex/testing';
import { type Asked, type CacheName, cacheNames, type Ended } from './messages.ts';

/** Keys are used for so many ms, then others are: histories stay short, and can be judged while the run goes on. */
const windowLength = 5_000;

export function windowAt(time: number): number {
  return Math.floor(time / windowLength);
}

export function endOf(window: number): number {
  return (window + 1) * windowLength;
}

/** When entries of a cache may have vanished, in the times of operations. */
export type Losses = (cache: CacheName, from: number, to: number) => readonly Loss[];

/** What was found in all windows that were judged. */
export interface Judgement {
  operations: number;
  keys: number;
  /** Histories that the search could not decide in the time it has. */
  undecided: number;
  readonly violations: string[];
  readonly outcomes: Record<OperationOutcome, number>;
  readonly actions: Record<string, number>;
  readonly codes: Record<string, number>;
  /** Of those that were answered, in ms. */
  readonly latencies: number[];
}

/** One kept of so many latencies is enough for percentiles. */
const kept = 4;

interface Recorded {
  readonly asked: Asked;
  ended: Ended | undefined;
}

/** The operations of all processes, window by window; each is judged once nothing of it can be under way any more. */
export class Windows {
  readonly #losses: Losses;
  readonly #windows = new Map<number, Map<string, Recorded[]>>();
  /** Windows whose keys were told. */
  readonly #told = new Set<number>();
  /** By client and number. */
  readonly #underWay = new Map<string, Recorded>();
  readonly found: Judgement = {
    ...{ operations: 0, keys: 0, undecided: 0, violations: [], actions: {}, codes: {}, latencies: [] },
    outcomes: { ok: 0, failed: 0, unknown: 0 },
  };

  constructor(losses: Losses) {
    this.#losses = losses;
  }

  asked(asked: Asked): void {
    const window = this.#windows.get(asked.window) ?? new Map<string, Recorded[]>();
    this.#windows.set(asked.window, window);
    const name = `${asked.cache} ${asked.key}`;
    const recorded: Recorded = { asked, ended: undefined };
    const history = window.get(name);
    if (history === undefined) window.set(name, [recorded]);
    else history.push(recorded);
    this.#underWay.set(`${asked.client} ${asked.asked}`, recorded);
  }

  ended(ended: Ended): void {
    const name = `${ended.client} ${ended.ended}`;
    const recorded = this.#underWay.get(name);
    this.#underWay.delete(name);
    if (recorded !== undefined) recorded.ended = ended;
  }

  /** The keys that were used in windows that were over by `time`, each window once. */
  over(time: number): { readonly window: number; readonly cache: CacheName; readonly keys: string[] }[] {
    const windows = [...this.#windows].filter(([window]) => endOf(window) <= time && !this.#told.has(window));
    return windows.flatMap(([window, histories]) => {
      this.#told.add(window);
      const used = [...histories.values()].map(([first]) => first!.asked);
      return cacheNames.map((cache) => ({
        ...{ window, cache },
        keys: used.filter((asked) => asked.cache === cache).map(({ key }) => key),
      }));
    });
  }

  /** Judges the windows that were over at `time`. */
  judge(time: number): void {
    for (const [window, histories] of this.#windows) {
      if (endOf(window) > time) continue;
      this.#windows.delete(window);
      this.#told.delete(window);
      for (const history of histories.values()) this.#judge(history);
    }
  }

  #judge(history: readonly Recorded[]): void {
    const { found } = this;
    for (const { asked } of history) this.#underWay.delete(`${asked.client} ${asked.asked}`);
    const operations = history.map(operationOf);
    const { cache, key } = history[0]!.asked;
    for (const { ended, asked } of history) {
      found.operations += 1;
      found.actions[asked.action] = (found.actions[asked.action] ?? 0) + 1;
      found.outcomes[ended?.outcome ?? 'unknown'] += 1;
      if (ended?.code !== undefined) found.codes[ended.code] = (found.codes[ended.code] ?? 0) + 1;
      if (ended?.outcome === 'ok' && found.operations % kept === 0) found.latencies.push(ended.at - asked.at);
    }
    found.keys += 1;
    const from = history[0]!.asked.at;
    const to = Math.max(...history.map(({ asked, ended }) => ended?.at ?? asked.at));
    const verdict = checkLinearizability(
      entryModel({ mayBeLost: this.#losses(cache, from, to) }),
      operations,
    );
    if (verdict.verdict === 'undecided') found.undecided += 1;
    else if (verdict.verdict === 'not-linearizable')
      found.violations.push(`${cache}: ${key}: ${verdict.message}`);
  }
}

function operationOf({ asked, ended }: Recorded): Operation {
  const { client, key, action, args, at } = asked;
  const operation = { client, key, action, args, invoked: at };
  if (ended === undefined) return { ...operation, outcome: 'unknown' };
  const { outcome, result } = ended;
  return { ...operation, returned: ended.at, outcome, ...(outcome === 'ok' ? { result } : {}) };
}
