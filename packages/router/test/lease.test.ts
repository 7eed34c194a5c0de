import { beforeEach, describe, expect, it } from 'vitest';
import { Lease } from '../src/lease.ts';
import { balanced } from '../src/routers/balanced.ts';
import { allSafeguards } from '../src/safeguards.ts';
import { ManualClock } from '../src/testing/index.ts';
import { fail, join, reseat, type View } from '../src/view.ts';
import { firstView, member } from './arbitraries.ts';

const router = balanced();
const duration = 1_000;

function voting(...ids: string[]): View {
  const others = ids.filter((id) => id !== 'a').map((id) => member(id));
  return reseat(join(firstView(8), others, router));
}

let clock: ManualClock;
let asked: number;
beforeEach(async () => {
  clock = new ManualClock();
  asked = 0;
  await clock.advance(10_000);
});

function leaseOf(self: string, view?: View): Lease {
  const ask = (): void => {
    asked += 1;
  };
  const lease = new Lease({ self, clock, duration, safeguards: allSafeguards, ask });
  if (view !== undefined) lease.follow(view);
  return lease;
}

/** For how long the lease is still good, in ms. */
async function left(lease: Lease): Promise<number> {
  const began = clock.now();
  while (lease.valid) {
    if (clock.now() - began > 5 * duration) return Number.POSITIVE_INFINITY;
    await clock.advance(10);
  }
  return clock.now() - began;
}

describe('a lease', () => {
  it('is had by more than half of the electorate, the node itself included', () => {
    const view = voting('a', 'b', 'c', 'd');
    const lease = leaseOf('a-1', view);
    expect(lease.valid).toBe(false);
    lease.granted('b-1', clock.now(), view.electorate.epoch);
    expect(lease.valid).toBe(false);
    lease.granted('b-1', clock.now(), view.electorate.epoch);
    expect(lease.valid).toBe(false);
    lease.granted('c-1', clock.now(), view.electorate.epoch);
    expect(lease.valid).toBe(true);
  });

  it('takes the grants of others alone for a node that does not vote', () => {
    const view = voting('a', 'b', 'c');
    const lease = leaseOf('x-1', view);
    lease.granted('b-1', clock.now(), view.electorate.epoch);
    expect(lease.valid).toBe(false);
    lease.granted('x-1', clock.now(), view.electorate.epoch);
    expect(lease.valid).toBe(false);
    lease.granted('c-1', clock.now(), view.electorate.epoch);
    expect(lease.valid).toBe(true);
  });

  it('lasts from when the newest majority was asked, not from when it answered', async () => {
    const view = voting('a', 'b', 'c', 'd', 'e');
    const lease = leaseOf('a-1', view);
    const { epoch } = view.electorate;
    lease.granted('b-1', clock.now() - 100, epoch);
    lease.granted('c-1', clock.now() - 600, epoch);
    lease.granted('d-1', clock.now() - 300, epoch);
    // `b` and `d` are the newest two.
    expect(await left(lease)).toBe(700);
    lease.granted('b-1', clock.now(), epoch);
    expect(lease.valid).toBe(false);
    lease.granted('e-1', clock.now() - 200, epoch);
    lease.granted('e-1', clock.now() - 500, epoch);
    expect(await left(lease)).toBe(800);
  });

  it('needs a majority of all voters, those who are certainly gone included', () => {
    const view = fail(voting('a', 'b', 'c', 'd'), ['c', 'd'], router);
    expect(view.electorate).toMatchObject({ voters: ['a-1', 'b-1'], gone: 2 });
    const lease = leaseOf('a-1', view);
    lease.granted('b-1', clock.now(), view.electorate.epoch);
    expect(lease.valid).toBe(false);
  });

  it('is confirmed by the view store as well, from when that was asked', async () => {
    const lease = leaseOf('a-1', voting('a', 'b', 'c'));
    lease.confirmed(clock.now() - 400);
    lease.confirmed(clock.now() - 900);
    expect(await left(lease)).toBe(600);
  });

  it('is counted anew for another electorate, and what it was good for until then it stays', async () => {
    const view = voting('a', 'b', 'c');
    const lease = leaseOf('a-1', view);
    lease.granted('b-1', clock.now() - 200, view.electorate.epoch);
    const next = reseat(join(view, [member('d'), member('e')], router));
    lease.follow(next);
    lease.granted('c-1', clock.now(), view.electorate.epoch);
    lease.granted('d-1', clock.now(), next.electorate.epoch);
    expect(await left(lease)).toBe(800);
    lease.granted('e-1', clock.now(), next.electorate.epoch);
    lease.granted('d-1', clock.now(), next.electorate.epoch);
    expect(lease.valid).toBe(true);
  });

  it('keeps the grants of an electorate through views that leave it as it is', async () => {
    const view = voting('a', 'b', 'c', 'd', 'e');
    const lease = leaseOf('a-1', view);
    lease.granted('b-1', clock.now(), view.electorate.epoch);
    lease.follow({ ...view, epoch: view.epoch + 1 });
    lease.granted('c-1', clock.now(), view.electorate.epoch);
    expect(await left(lease)).toBe(duration);
  });

  it('is had without end by whoever is the whole electorate, and lasts one duration after that', async () => {
    const lease = leaseOf('a-1', firstView(8));
    expect([lease.unconditional, lease.low, await left(lease)]).toEqual([
      true,
      false,
      Number.POSITIVE_INFINITY,
    ]);
    lease.follow(voting('a', 'b'));
    expect(lease.unconditional).toBe(false);
    expect(await left(lease)).toBe(duration);
    lease.follow({ ...reseat({ ...fail(voting('a', 'b'), ['b'], router), epoch: 9 }) });
    expect(lease.unconditional).toBe(true);
  });

  it('is low before it ends', async () => {
    const view = voting('a', 'b');
    const lease = leaseOf('a-1', view);
    expect(lease.low).toBe(true);
    lease.granted('b-1', clock.now(), view.electorate.epoch);
    expect(lease.low).toBe(false);
    await clock.advance(500);
    expect([lease.low, lease.valid]).toEqual([true, true]);
  });

  it('is shorter than what a successor without proof waits for, by a quarter', () => {
    expect(leaseOf('a-1').fence).toBe(1.25 * duration);
  });
});

describe('a wait for the lease', () => {
  it('asks for it, and ends when it is there', async () => {
    const view = voting('a', 'b');
    const lease = leaseOf('a-1', view);
    let ended = false;
    const waits = lease.renewed(500).then(() => {
      ended = true;
    });
    expect(asked).toBe(1);
    await clock.advance(100);
    expect(ended).toBe(false);
    lease.granted('b-1', clock.now(), view.electorate.epoch);
    await waits;
    expect(ended).toBe(true);
    expect(clock.waiting).toBe(0);
  });

  it('ends as well when the store confirms it, when this node becomes the electorate, and when it closes', async () => {
    const view = voting('a', 'b');
    for (const end of [
      (lease: Lease) => lease.confirmed(clock.now()),
      (lease: Lease) => lease.follow(reseat({ ...fail(view, ['b'], router), epoch: 9 })),
      (lease: Lease) => lease.close(),
    ]) {
      const lease = leaseOf('a-1', view);
      const waits = lease.renewed(1_000_000);
      end(lease);
      await waits;
    }
    expect(clock.now()).toBe(10_000);
  });

  it('ends in time, whatever a grant from long ago says', async () => {
    const view = voting('a', 'b');
    const lease = leaseOf('a-1', view);
    const waits = lease.renewed(300);
    lease.granted('b-1', clock.now() - duration, view.electorate.epoch);
    await clock.run(waits);
    expect([clock.now(), lease.valid]).toEqual([10_300, false]);
  });
});

describe('a voter', () => {
  it('grants to members that know its electorate', () => {
    const view = voting('a', 'b', 'c');
    const lease = leaseOf('b-1', view);
    const { epoch } = view.electorate;
    expect(lease.grants('a-1', epoch)).toBe(true);
    expect(lease.grants('a-1', epoch + 7)).toBe(true);
    expect(lease.grants('a-1', epoch - 1)).toBe(false);
    expect(lease.grants('a-2', epoch)).toBe(false);
    expect(lease.grants('x-1', epoch)).toBe(false);
  });

  it('grants nothing before it has joined, when it does not vote, and once it is about to leave', () => {
    const view = voting('a', 'b', 'c');
    const { epoch } = view.electorate;
    expect(leaseOf('b-1').grants('a-1', epoch)).toBe(false);
    const guest = join(view, [member('d', 0)], router);
    expect(leaseOf('d-1', guest).grants('a-1', epoch)).toBe(false);
    const leaving = leaseOf('b-1', view);
    leaving.retire();
    expect(leaving.grants('a-1', epoch)).toBe(false);
  });

  it('keeps its promise while that view is in force, and no longer', () => {
    const view = voting('a', 'b', 'c');
    const lease = leaseOf('b-1', view);
    const { epoch } = view;
    expect(lease.deny(['a-1'], epoch - 1)).toBe(false);
    expect(lease.deny(['a-1'], epoch + 1)).toBe(false);
    expect(lease.grants('a-1', epoch)).toBe(true);
    expect(lease.deny(['a-1'], epoch)).toBe(true);
    expect([lease.grants('a-1', epoch), lease.grants('c-1', epoch)]).toEqual([false, true]);
    lease.follow({ ...view, epoch: epoch + 1 });
    expect(lease.grants('a-1', epoch)).toBe(true);
  });

  it('is released from its promise, if that is the one that is meant', () => {
    const view = voting('a', 'b', 'c');
    const lease = leaseOf('b-1', view);
    lease.deny(['a-1', 'c-1'], view.epoch);
    lease.release(['a-1'], view.epoch - 1);
    expect(lease.grants('a-1', view.epoch)).toBe(false);
    lease.release(['a-1'], view.epoch);
    expect([lease.grants('a-1', view.epoch), lease.grants('c-1', view.epoch)]).toEqual([true, false]);
  });
});

describe('to do without copies that are not heard', () => {
  const view = voting('a', 'b', 'c');
  const grant = (lease: Lease, voter: string): void =>
    lease.granted(voter, clock.now(), view.electorate.epoch);

  it('takes the grants of more than half that were asked for since that was found out', async () => {
    const lease = leaseOf('a-1', view);
    grant(lease, 'b-1');
    await clock.advance(10);
    const since = clock.now();
    expect(lease.valid).toBe(true);
    expect(lease.prevails(since)).toBe(false);
    grant(lease, 'b-1');
    expect(lease.prevails(since)).toBe(true);
    await clock.advance(duration + 1);
    expect(lease.prevails(since)).toBe(false);
  });

  it('takes six leases with the view store alone, without a gap', async () => {
    const lease = leaseOf('a-1', view);
    grant(lease, 'b-1');
    const since = clock.now() + 1;
    const alone = async (): Promise<number> => {
      const began = clock.now();
      while (!lease.prevails(since)) {
        if (clock.now() - began > 20 * duration) return Number.POSITIVE_INFINITY;
        await clock.advance(duration / 4);
        lease.confirmed(clock.now());
      }
      return clock.now() - began;
    };
    expect(await alone()).toBe(6.25 * duration);
    // The store was out, or this node was stopped: the others may have waited for the same moment.
    await clock.advance(20 * duration);
    expect(lease.prevails(since)).toBe(false);
    expect(await alone()).toBe(6.5 * duration);
  });

  it('takes nothing of a node that is the whole electorate', () => {
    expect(leaseOf('a-1', voting('a')).prevails(clock.now() + 1)).toBe(true);
  });
});
