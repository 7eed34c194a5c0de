import { describe, expect, it } from 'vitest';
import { Inflow } from '../src/inflow.ts';
import { Outflow } from '../src/outflow.ts';
import { placeOf, type StreamAnswer, type StreamMessage } from '../src/replica-stream.ts';
import { balanced } from '../src/routers/balanced.ts';
import { type Replica, Services } from '../src/services.ts';
import { ManualClock, seeded } from '../src/testing/index.ts';
import { Throttle } from '../src/throttle.ts';
import { changeBackups, join, type View } from '../src/view.ts';
import { firstView, member } from './arbitraries.ts';

const partitions = 8;
const services = ['box', 'chest'];
type Values = Map<string, Map<number, Map<string, number>>>;

function valuesOf(): Values {
  return new Map(services.map((name) => [name, new Map()]));
}

function of(values: Values, name: string, partition: number): Map<string, number> {
  const all = values.get(name)!;
  const some = all.get(partition) ?? new Map<string, number>();
  all.set(partition, some);
  return some;
}

/** Keys with numbers: a record is a key and its number, or the key alone where it was deleted. */
function replicaOf(name: string, values: Values): Replica {
  return {
    *snapshot(partition) {
      for (const [key, value] of of(values, name, partition)) yield [key, value];
    },
    stage(partition, [key, value]) {
      if (value === undefined) of(values, name, partition).delete(String(key));
      else of(values, name, partition).set(String(key), value as number);
    },
    promote: () => {},
    demote: () => {},
    discard: (partition) => void values.get(name)!.delete(partition),
    drop: () => {},
  };
}

interface Losses {
  readonly lost: number;
  readonly twice: number;
  readonly delay: number;
  readonly patience: number;
}

/** An owner and a target, with a way between them on which everything happens that can happen to a message. */
class Pair {
  readonly clock = new ManualClock();
  readonly random: () => number;
  readonly here: Values = valuesOf();
  readonly there: Values = valuesOf();
  readonly inflow: Inflow;
  readonly outflow: Outflow;
  view: View = join(firstView(partitions), [member('b')], balanced());
  /** What the target knows; it may be behind. */
  known: View = this.view;

  constructor(seed: number, { lost, twice, delay, patience }: Losses) {
    const { clock } = this;
    this.random = seeded(seed);
    const [own, other] = [new Services(clock), new Services(clock)];
    for (const name of services) {
      own.add(name, { handlers: {}, replica: replicaOf(name, this.here) });
      other.add(name, { handlers: {}, replica: replicaOf(name, this.there) });
    }
    this.inflow = new Inflow('b', other);
    this.inflow.follow(this.view);
    const wait = (): Promise<void> =>
      new Promise((resolve) => void clock.after(this.random() * delay, resolve));
    const fails = (code: string): Error => Object.assign(new Error(code), { code });
    const send = async (message: StreamMessage): Promise<StreamAnswer> => {
      await wait();
      if (this.random() < lost) throw fails('NODE_DOWN');
      if (this.random() < twice)
        void wait().then(() => this.inflow.take(this.known, 'a', structuredClone(message)));
      const answer = this.inflow.take(this.known, 'a', structuredClone(message));
      await wait();
      if (this.random() < lost) throw fails('UNKNOWN_OUTCOME');
      return answer;
    };
    this.outflow = new Outflow({
      stream: 'a-1:1',
      services: own,
      clock,
      throttle: new Throttle(clock, 100_000),
      spare: 256 * 1024,
      patience,
      ordered: true,
      view: () => this.view,
      pages: () => false,
      counted: () => false,
      send,
      progress: () => {},
    });
  }

  /** One call: a number or a deletion at both services, as one unit. */
  change(): void {
    const partition = Math.floor(this.random() * partitions);
    const key = `k${Math.floor(this.random() * 20)}`;
    const value = this.random() < 0.2 ? undefined : Math.floor(this.random() * 1_000);
    for (const name of services) {
      if (value === undefined) of(this.here, name, partition).delete(key);
      else of(this.here, name, partition).set(key, value);
    }
    const record = value === undefined ? [key] : [key, value];
    this.outflow.changed(services.map((name) => [name, partition, record]));
  }

  same(partition: number): boolean {
    return services.every((name) =>
      sameEntries(of(this.here, name, partition), of(this.there, name, partition)),
    );
  }
}

function sameEntries(one: ReadonlyMap<string, number>, other: ReadonlyMap<string, number>): boolean {
  return one.size === other.size && [...one].every(([key, value]) => other.get(key) === value);
}

const all = Array.from({ length: partitions }, (_, partition) => partition);

/** Changes and copies in any order for a while; `complete` are the partitions that are said to be in sync. */
async function exercise(
  pair: Pair,
  steps: number,
  check: (complete: ReadonlySet<number>) => void,
): Promise<Set<number>> {
  const complete = new Set<number>();
  /** How often each partition was closed: what was asked for before that says nothing of the next copy. */
  const closed = new Map<number, number>();
  for (let step = 0; step < steps; step += 1) {
    const chance = pair.random();
    if (chance < 0.03) {
      const wanted = all.filter(() => pair.random() < 0.5);
      const before = new Map(closed);
      pair.outflow.copy(wanted, 'backed').then(
        () => {
          for (const partition of wanted)
            if (closed.get(partition) === before.get(partition)) complete.add(partition);
        },
        () => {},
      );
    } else if (chance < 0.05) {
      const given = all.filter(() => pair.random() < 0.2);
      for (const partition of given) {
        complete.delete(partition);
        closed.set(partition, (closed.get(partition) ?? 0) + 1);
      }
      pair.outflow.close(given);
    } else if (chance < 0.3) await pair.clock.advance(pair.random() * 5);
    else pair.change();
    check(complete);
  }
  return complete;
}

const lossy: Losses = { lost: 0.2, twice: 0.2, delay: 15, patience: 1e9 };

describe('a copy, whatever is lost, late, doubled or out of order on the way', () => {
  it('is what the owner has, whenever everything said of it was applied, and never half of a call', async () => {
    for (let seed = 1; seed <= 40; seed += 1) {
      const pair = new Pair(seed, lossy);
      const check = (complete: ReadonlySet<number>): void => {
        for (const partition of complete) {
          if (!pair.outflow.has(partition)) continue;
          if (pair.outflow.applied(pair.outflow.position(partition)) && !pair.same(partition))
            expect.fail(`seed ${seed}: partition ${partition} is not what was applied`);
          const [box, chest] = services.map((name) => of(pair.there, name, partition));
          if (!sameEntries(box!, chest!))
            expect.fail(`seed ${seed}: partition ${partition} has half of a call`);
        }
      };
      await exercise(pair, 400, check);
      await pair.clock.run(pair.outflow.copy(all, 'backed'));
      for (let more = 0; more < 20; more += 1) pair.change();
      await pair.clock.run(pair.outflow.settled(all));
      expect(pair.outflow.failure).toBeUndefined();
      expect(all.filter((partition) => !pair.same(partition))).toEqual([]);
      pair.view = changeBackups(pair.view, new Map(all.map((partition) => [partition, ['b']])));
      expect(all.filter((partition) => !pair.inflow.holds(pair.view, partition))).toEqual([]);
    }
  });

  it('is never said to have something once its stream has failed', async () => {
    let failures = 0;
    for (let seed = 1; seed <= 40; seed += 1) {
      const pair = new Pair(seed, { ...lossy, lost: 0.5, patience: 60 });
      const check = (complete: ReadonlySet<number>): void => {
        for (const partition of complete) {
          const { outflow } = pair;
          if (outflow.has(partition) && outflow.applied(outflow.position(partition)) && !pair.same(partition))
            expect.fail(`seed ${seed}: partition ${partition} is not what was applied`);
        }
      };
      await exercise(pair, 400, check);
      if (pair.outflow.failure === undefined) continue;
      failures += 1;
      await expect(pair.outflow.settled(all)).rejects.toThrow();
      pair.outflow.changed([['box', 1, ['k', 1]]]);
      for (const partition of all.filter((each) => pair.outflow.has(each))) {
        pair.outflow.changed([['box', partition, ['k', 1]]]);
        expect(pair.outflow.applied(pair.outflow.position(partition))).toBe(false);
      }
    }
    expect(failures).toBeGreaterThan(20);
  });

  it('is taken by a target that was behind, once it knows the view of the owner', async () => {
    for (let seed = 1; seed <= 10; seed += 1) {
      const pair = new Pair(seed, lossy);
      pair.view = { ...pair.view, epoch: pair.view.epoch + 1 };
      let settled = false;
      const copied = pair.outflow.copy(all, 'backed').then(() => {
        settled = true;
      });
      for (let n = 0; n < 50; n += 1) pair.change();
      await pair.clock.advance(500);
      expect(settled).toBe(false);
      pair.known = pair.view;
      await pair.clock.run(copied);
      expect(all.filter((partition) => !pair.same(partition))).toEqual([]);
    }
  });

  it('is refused where the target knows better, and the rest is taken', async () => {
    for (let seed = 1; seed <= 10; seed += 1) {
      const pair = new Pair(seed, lossy);
      const terms = pair.view.terms.map((term, partition) => (partition === 3 ? term + 1 : term));
      pair.known = { ...pair.view, terms, epoch: pair.view.epoch + 1 };
      await expect(pair.clock.run(pair.outflow.copy(all, 'backed'))).rejects.toThrow(
        'partition 3 was refused',
      );
      expect([...pair.outflow.partitions].sort()).toEqual(all.filter((partition) => partition !== 3));
      await pair.clock.run(pair.outflow.settled([...pair.outflow.partitions]));
    }
  });
});

describe('the place of a stream', () => {
  it('is the incarnation of its owner, whatever that looks like, and a number', () => {
    expect(placeOf('abc:12')).toEqual({ source: 'abc', number: 12 });
    expect(placeOf('a:b:3')).toEqual({ source: 'a:b', number: 3 });
  });
});
