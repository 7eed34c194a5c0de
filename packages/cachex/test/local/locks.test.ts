import { hashKey, type Key } from '@cachex/router/hash';
import { beforeEach, describe, expect, it } from 'vitest';
import { CacheError } from '../../src/errors.ts';
import { type Decision, type KeyRef, type Lock, type LockChange, Locks } from '../../src/local/locks.ts';
import { ManualClock } from '../manual-clock.ts';
import { settle } from './an-engine.ts';

const partitions = 16;
let clock: ManualClock;
let changes: LockChange[];
let undecided: Lock[];
let unapplied: Decision[];
let gone: Set<string>;
let locks: Locks;
beforeEach(() => {
  clock = new ManualClock();
  changes = [];
  undecided = [];
  unapplied = [];
  gone = new Set();
  locks = someLocks();
});

function someLocks(): Locks {
  const settings = {
    clock,
    origin: 'owner',
    present: (origin: string) => !gone.has(origin),
    undecided: (lock: Lock) => undecided.push(lock),
    unapplied: (decision: Decision) => unapplied.push(decision),
  };
  return new Locks(settings, partitions, (change) => changes.push(change));
}

const ref = (key: Key): KeyRef => ({ key, hash: hashKey(key) });
const x = ref('x');
/** In the partition of `x`. */
const near = ref(
  Array.from({ length: 500 }, (_, n) => `near-${n}`).find(
    (key) => hashKey(key) % partitions === x.hash % partitions,
  )!,
);

/** How a promise has ended, if it has. */
async function ended(promise: Promise<unknown>): Promise<unknown> {
  let end: unknown = 'pending';
  promise.then(
    () => {
      end = 'done';
    },
    (error: CacheError) => {
      end = error.code;
    },
  );
  await settle();
  clock.turn();
  await settle();
  return end;
}

/** What is staged to write 1 to `x`. */
const staged = {
  writes: [['put', x.hash, [x.key, 0, null, null], false, 1]],
  home: { hash: 5, token: 'h' },
} as const;

describe('a lock', () => {
  it('is one of each transaction in a partition, and keeps others out', () => {
    expect([locks.free, locks.take('a:1', x, 100), locks.take('a:1', near, 100)]).toEqual([true, true, true]);
    expect(locks.take('b:1', x, 100)).toBe(false);
    expect(locks.take('a:1', x, 100)).toBe(true);
    expect(locks.held('a:1', near.hash)?.keys.map(({ key }) => key)).toEqual([x.key, near.key]);
    expect([locks.blocks('x', 'write'), locks.blocks('x', 'read'), locks.blocks('y', 'write')]).toEqual([
      true,
      false,
      false,
    ]);
    locks.release(locks.held('a:1', x.hash)!);
    expect([locks.free, locks.take('b:1', x, 100)]).toEqual([true, true]);
    expect(changes.map(({ type }) => type)).toEqual(['lock', 'lock', 'unlock', 'lock']);
  });

  it('runs out unless it is renewed, also before its timer says so', () => {
    locks.take('a:1', x, 100);
    clock.advance(60);
    expect(locks.renew('a:1', x.hash, 100)).toBe(true);
    clock.advance(99);
    expect(locks.blocks('x', 'write')).toBe(true);
    clock.advance(1);
    expect([locks.free, locks.renew('a:1', x.hash, 100)]).toEqual([true, false]);
    locks.take('a:1', x, 100);
    clock.costOfRead = 200;
    expect(locks.take('b:1', x, 100)).toBe(true);
  });

  it('has a token that no later one of the same transaction has', () => {
    locks.take('a:1', x, 100);
    const { token } = locks.held('a:1', x.hash)!;
    clock.advance(100);
    locks.take('a:1', x, 100);
    expect(locks.held('a:1', x.hash)!.token).not.toBe(token);
  });

  it('of a node that has gone goes at once, and so do those who wait for it', async () => {
    locks.take('a:1', x, 10_000);
    const [dead, alive] = [locks.wait(x, clock.now() + 1_000, 'a:2'), locks.wait(x, clock.now() + 1_000)];
    locks.lost(['a']);
    expect([await ended(dead), await ended(alive), locks.free]).toEqual(['LOCKED', 'done', true]);
  });

  it('of a node that is not known lasts ten seconds at most', () => {
    gone.add('a');
    locks.take('a:1', x, 1_000_000);
    clock.advance(10_000);
    expect(locks.free).toBe(true);
  });

  it('with staged writes holds up reads of what they write, and does not run out by itself', () => {
    locks.take('a:1', x, 100);
    locks.take('a:1', near, 100);
    locks.stage(locks.held('a:1', x.hash)!, x.hash, staged, 100);
    expect([locks.blocks('x', 'read'), locks.blocks(near.key, 'read')]).toEqual([true, false]);
    clock.advance(1_000);
    expect([locks.blocks('x', 'write'), undecided.map(({ id }) => id)]).toEqual([true, ['a:1']]);
    locks.lost(['a']);
    expect(undecided).toHaveLength(1);
    expect(locks.knows(undecided[0]!)).toBe(true);
    locks.release(undecided[0]!);
    expect([locks.free, locks.knows(undecided[0]!)]).toEqual([true, false]);
  });

  it('is overruled by what does not wait for it; what is staged is then not written', () => {
    locks.take('a:1', x, 100);
    locks.overtake('other');
    expect(locks.free).toBe(false);
    locks.overtake('x');
    expect(locks.held('a:1', x.hash)).toBeUndefined();
    locks.take('a:2', x, 100);
    locks.stage(locks.held('a:2', x.hash)!, x.hash, staged, 100);
    locks.overtakePartition(x.hash % partitions);
    expect(locks.held('a:2', x.hash)?.staged?.writes).toEqual([]);
  });

  it('has nothing staged that carries a tag which was invalidated', () => {
    locks.take('a:1', x, 100);
    locks.take('a:1', near, 100);
    const tagged = ['put', near.hash, [near.key, 0, null, null, 0, ['t', 'u']], false, 1] as const;
    const writes = [...staged.writes, tagged];
    locks.stage(locks.held('a:1', x.hash)!, x.hash, { ...staged, writes }, 100);
    const told = changes.length;
    locks.invalidate(x.hash % partitions, 'other');
    locks.invalidate((x.hash + 1) % partitions, 't');
    expect(changes).toHaveLength(told);
    locks.invalidate(x.hash % partitions, 'u');
    expect(changes).toHaveLength(told + 1);
    expect(locks.held('a:1', x.hash)?.staged?.writes).toEqual([
      ...staged.writes,
      ['remove', near.hash, [near.key]],
    ]);
  });
});

describe('those who wait for a lock', () => {
  it('go on in the order in which they came, up to the next one that will lock the key', async () => {
    locks.take('a:1', x, 10_000);
    const deadline = clock.now() + 10_000;
    const order: string[] = [];
    const wait = (name: string, id?: string): void =>
      void locks.wait(x, deadline, id).then(() => order.push(name));
    wait('write 1');
    wait('write 2');
    wait('transaction', 'b:1');
    wait('write 3');
    locks.release(locks.held('a:1', x.hash)!);
    // Nobody comes in between.
    expect(locks.take('c:1', x, 100)).toBe(false);
    await settle();
    expect(order).toEqual(['write 1', 'write 2', 'transaction']);
    expect(locks.take('b:1', x, 100)).toBe(true);
    clock.turn();
    await settle();
    expect(order).toHaveLength(3);
    locks.release(locks.held('b:1', x.hash)!);
    await settle();
    expect(order.at(-1)).toBe('write 3');
    expect(locks.take('c:1', x, 100)).toBe(true);
  });

  it('do not wait for one whose turn it was and who does not come', async () => {
    locks.take('a:1', x, 10_000);
    const deadline = clock.now() + 10_000;
    const [, second] = [locks.wait(x, deadline, 'b:1'), locks.wait(x, deadline, 'c:1')];
    locks.release(locks.held('a:1', x.hash)!);
    await settle();
    clock.turn();
    expect(await ended(second)).toBe('done');
  });

  it('do not wait for themselves if they have asked twice', async () => {
    locks.take('a:1', x, 10_000);
    const deadline = clock.now() + 10_000;
    const [, again, other] = ['b:1', 'b:1', 'c:1'].map((id) => locks.wait(x, deadline, id));
    locks.release(locks.held('a:1', x.hash)!);
    await settle();
    expect(locks.take('b:1', x, 10_000)).toBe(true);
    expect([await ended(again!), await ended(other!)]).toEqual(['done', 'pending']);
    locks.release(locks.held('b:1', x.hash)!);
    expect([await ended(other!), clock.timers]).toEqual(['done', 0]);
  });

  it('are told LOCKED a little before their time is over', async () => {
    locks.take('a:1', ref(['user', 5]), 10_000);
    const waiting = locks.wait(ref(['user', 5]), clock.now() + 4_000);
    clock.advance(3_499);
    expect(await ended(waiting)).toBe('pending');
    clock.advance(1);
    await expect(waiting).rejects.toMatchObject({
      code: 'LOCKED',
      message: expect.stringMatching(/^the key \[user,5\] is locked by a transaction/),
    });
  });

  it('are so many at most', async () => {
    locks.take('a:1', x, 10_000);
    for (let n = 0; n < 1_024; n += 1) locks.wait(x, clock.now() + 1_000).catch(() => {});
    expect(await ended(locks.wait(x, clock.now() + 1_000))).toBe('OVERLOADED');
  });

  it('for any lock go on when one goes, and give up in time', async () => {
    locks.take('a:1', x, 10_000);
    expect([locks.locked([x.hash % partitions]), locks.locked([(x.hash + 1) % partitions])]).toEqual([
      true,
      false,
    ]);
    const [soon, late] = [locks.change(clock.now() + 400), locks.change(clock.now() + 40_000)];
    clock.advance(300);
    expect(await ended(soon)).toBe('LOCKED');
    locks.release(locks.held('a:1', x.hash)!);
    expect(await ended(late)).toBe('done');
  });

  it('are sent away when this ends', async () => {
    locks.take('a:1', x, 10_000);
    const waiting = locks.wait(x, clock.now() + 1_000, 'b:1');
    const watching = locks.change(clock.now() + 1_000);
    locks.close(new CacheError('CLOSED', 'closed'));
    expect([await ended(waiting), await ended(watching), clock.timers]).toEqual(['done', 'done', 0]);
  });
});

describe('a decision', () => {
  it('is kept until all parts are applied, and somebody sees to it if that takes long', () => {
    locks.decide('a:1', 5, [6, 7]);
    clock.advance(999);
    expect(unapplied).toEqual([]);
    clock.advance(1);
    expect(unapplied).toMatchObject([{ id: 'a:1', hash: 5, pending: [6, 7] }]);
    locks.confirm('a:1', 5, [7]);
    expect(locks.decision('a:1', 5)?.pending).toEqual([6]);
    locks.confirm('a:1', 5, [6]);
    locks.confirm('a:1', 5, [6]);
    expect(locks.decision('a:1', 5)).toBeUndefined();
    expect(changes.map(({ type }) => type)).toEqual(['decision', 'decision', 'decided']);
  });
});

describe('the locks of a partition that moves', () => {
  it('go on at the new owner, for as long as is left of them', async () => {
    locks.take('a:1', x, 100);
    locks.take('b:1', ref('y'), 100);
    locks.decide('c:1', x.hash, [6]);
    const waiting = locks.wait(x, clock.now() + 1_000);
    const state = locks.depart(x.hash % partitions);
    expect([await ended(waiting), locks.blocks('x', 'write'), locks.blocks('y', 'write')]).toEqual([
      'done',
      false,
      true,
    ]);
    const owner = someLocks();
    owner.adopt(x.hash % partitions, state);
    clock.advance(99);
    expect([owner.blocks('x', 'write'), owner.decision('c:1', x.hash)?.pending]).toEqual([true, [6]]);
    clock.advance(1);
    expect(owner.free).toBe(true);
    clock.advance(1_000);
    expect(unapplied.map(({ id }) => id)).toEqual(['c:1']);
  });

  it('of nodes that have gone meanwhile are not taken over, but what they have staged is', () => {
    locks.take('a:1', x, 100_000);
    locks.take('a:2', near, 100_000);
    locks.stage(locks.held('a:2', near.hash)!, near.hash, staged, 100_000);
    gone.add('a');
    const owner = someLocks();
    owner.adopt(x.hash % partitions, locks.depart(x.hash % partitions));
    clock.advance(0);
    expect(owner.blocks('x', 'write')).toBe(false);
    expect(owner.blocks(near.key, 'write')).toBe(true);
    expect(undecided.map(({ id }) => id)).toEqual(['a:2']);
  });
});

describe('transactions that run here', () => {
  it('are waited for', async () => {
    const [one, other] = [locks.begin(), locks.begin()];
    expect(one).not.toBe(other);
    const idle = locks.idle();
    locks.end(one);
    expect(await ended(idle)).toBe('pending');
    locks.end(other);
    expect(await ended(idle)).toBe('done');
  });
});
