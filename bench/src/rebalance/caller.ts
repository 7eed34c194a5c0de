// The process that calls while another one joins: `node caller.js <order as JSON>` tells what its calls and the move were like.
import { takePart } from '../remote/cachex-node.ts';
import { Data } from '../remote/data.ts';
import { type Driven, drive, type Phase } from '../remote/drive.ts';
import { type Figures, figuresOf } from '../remote/figures.ts';
import { startWorker } from '../remote/helper.ts';
import { surroundings, watchedOf } from '../remote/surroundings.ts';
import type { Moved, Told } from './mover.ts';

export interface Order {
  readonly directory: string;
  readonly entries: number;
  readonly inFlight: number;
  /** How long operations are done before they count, and how long those count to which the ones during the move are compared. */
  readonly warmUp: number;
  readonly before: number;
}

/** What came of it. */
export interface Rebalance {
  readonly before: Figures;
  readonly during: Figures;
  /** Of all that was called. */
  readonly misses: number;
  readonly errors: number;
  readonly megabytesPerSecond: number;
}

const bytes = 100;
const filling = 500;
/** How long partitions may take to begin to move, or to have moved, in ms. */
const patience = 60_000;
/** One of so many operations is a put. */
const putEvery = 10;
/** One of so many answers is compared in full. */
const compared = 64;

process.once('disconnect', () => process.exit());
const [, , text = ''] = process.argv;
const { directory, entries, inFlight, warmUp, before }: Order = JSON.parse(text);
const part = { join: { cluster: 'bench', directory } };

const { helper: mover } = await startWorker(new URL('./mover.js', import.meta.url), [JSON.stringify(part)]);
const { cache } = await takePart({ join: { ...part.join, weight: 0 } });
const data = new Data(entries, bytes);
const { keys, values, size } = data;
for (let from = 0; from < size; from += filling) {
  await cache.putMany(keys.slice(from, from + filling).map((key, n) => [key, values[from + n]!] as const));
}

let [misses, errors] = [0, 0];
const failed = Symbol('failed');
const fail = (): typeof failed => {
  errors += 1;
  return failed;
};

function load(phases: { readonly warmUp: Phase; readonly timed: Phase }): Promise<Driven> {
  return drive({
    ...{ inFlight, ...phases, ...surroundings, watched: watchedOf(inFlight), turn: 256, mark() {} },
    operate(n) {
      const index = n % size;
      const call = n % putEvery === 0 ? cache.put(keys[index]!, values[index]!) : cache.get(keys[index]!);
      return (call as Promise<unknown>).catch(fail);
    },
    check(n, answer) {
      if (n % putEvery === 0 || answer === failed) return;
      if (answer === undefined) misses += 1;
      else if (n % compared === 1 && !data.isValue(n % size, answer)) errors += 1;
    },
  });
}

const lasting =
  (least: number): Phase =>
  (_operations, ms) =>
    ms >= least;

/** Until something has happened, which it must. */
const until =
  (happened: () => boolean): Phase =>
  (_operations, ms) => {
    if (ms > patience) throw new Error('the partitions do not move');
    return happened();
  };

const quiet = await load({ warmUp: lasting(warmUp), timed: lasting(before) });
let began = false;
let moved: Moved | undefined;
mover.on('message', (told: Told) => {
  if ('began' in told) began = true;
  if ('ended' in told) moved = told.ended;
});
const joined = startWorker(new URL('../remote/cachex-owner.js', import.meta.url), [JSON.stringify(part)]);
const moving = await load({ warmUp: until(() => began), timed: until(() => moved !== undefined) });
await joined;
const { bytes: sent, ms } = moved!;
const rebalance: Rebalance = {
  before: figuresOf(quiet, undefined),
  during: figuresOf(moving, undefined),
  ...{ misses, errors },
  megabytesPerSecond: sent / 1e3 / ms,
};
process.send!(rebalance, () => process.exit());
