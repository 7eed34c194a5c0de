import { beforeEach, describe, expect, it } from 'vitest';
import { Gate, type Passage } from '../src/gate.ts';
import type { StreamAnswer } from '../src/replica-stream.ts';
import { Replication } from '../src/replication.ts';
import { balanced } from '../src/routers/balanced.ts';
import { allSafeguards } from '../src/safeguards.ts';
import { Services } from '../src/services.ts';
import { ManualClock } from '../src/testing/index.ts';
import { Throttle } from '../src/throttle.ts';
import { changeBackups, completeMoves, join, memberOf, type View } from '../src/view.ts';
import { firstView, member } from './arbitraries.ts';

const router = balanced();

let clock: ManualClock;
let view: View;
let replication: Replication;
let gate: Gate;
/** By target: answers everything that has come so far. */
let unanswered: Map<string, ((answer: StreamAnswer) => void)[]>;
/** Whether targets answer at once. */
let prompt: boolean;
beforeEach(async () => {
  clock = new ManualClock();
  view = join(firstView(8), [member('b'), member('c')], router);
  unanswered = new Map();
  prompt = true;
  const services = new Services(clock);
  replication = new Replication({
    self: 'a',
    incarnation: 'a-1',
    services,
    clock,
    throttle: new Throttle(clock, Number.POSITIVE_INFINITY),
    spare: 256 * 1024,
    patience: 3_000,
    safeguards: allSafeguards,
    view: () => view,
    pages: () => false,
    counted: (id, partition) => gate.counts(id, partition),
    send: (to) => {
      if (prompt) return Promise.resolve([]);
      return new Promise((resolve) => {
        unanswered.set(to, [...(unanswered.get(to) ?? []), resolve]);
      });
    },
    progress: () => gate.review(),
    log: () => {},
  });
  gate = new Gate({ self: 'a', clock, replication, view: () => view });
  for (const id of ['b', 'c']) {
    const outflow = replication.to(memberOf(view, id)!)!;
    await clock.run(outflow.copy([1, 2], 'backed'));
  }
  publish(1, 'b', 'c');
  prompt = false;
});

function publish(partition: number, ...ids: string[]): void {
  view = changeBackups(view, new Map([[partition, ids]]));
  gate.review();
}

async function answer(id: string): Promise<void> {
  for (const resolve of unanswered.get(id)?.splice(0) ?? []) resolve([]);
  await clock.advance(0);
}

function change(partition = 1): void {
  replication.changed('box', partition, ['value']);
}

/** What has become of a reply so far. */
function follow(passed: Passage | undefined): { safe: boolean | 'at once' | undefined } {
  const fate: { safe: boolean | 'at once' | undefined } = {
    safe: passed === undefined ? 'at once' : undefined,
  };
  void passed?.safe.then((safe) => {
    fate.safe = safe;
  });
  return fate;
}

describe('a reply', () => {
  it('leaves at once where nothing is published, or everything has arrived', () => {
    expect(gate.pass([1])).toBeUndefined();
    expect(gate.pass([2])).toBeUndefined();
    change(2);
    expect(gate.pass([2])).toBeUndefined();
    expect(gate.pass([3])).toBeUndefined();
  });

  it('waits until all published copies have what it could have observed', async () => {
    change();
    const reply = follow(gate.pass([1]));
    await answer('b');
    expect(reply.safe).toBeUndefined();
    await answer('c');
    expect(reply.safe).toBe(true);
    expect(gate.pass([1])).toBeUndefined();
  });

  it('waits for changes before it and not for those after it', async () => {
    change();
    const first = follow(gate.pass([1]));
    change();
    const second = follow(gate.pass([1]));
    // The first change left at once; the second waits behind it only if the window is full, so answer one by one.
    for (const id of ['b', 'c']) unanswered.get(id)!.shift()!([]);
    await clock.advance(0);
    expect([first.safe, second.safe]).toEqual([true, undefined]);
    for (const id of ['b', 'c']) await answer(id);
    expect(second.safe).toBe(true);
  });

  it('does not wait for changes to other partitions', () => {
    publish(2, 'b');
    change(2);
    expect(gate.pass([1])).toBeUndefined();
    expect(gate.pass([2])).toBeDefined();
  });

  it('leaves when the copy that holds it is taken out of the view', async () => {
    change();
    const reply = follow(gate.pass([1]));
    await answer('b');
    publish(1, 'b');
    await clock.advance(0);
    expect(reply.safe).toBe(true);
  });

  it('leaves when the partition went elsewhere, for whoever has it now has everything', async () => {
    change();
    const reply = follow(gate.pass([1]));
    view = completeMoves(view, [{ partition: 1, from: 'a', to: 'b', backups: ['c'] }]);
    expect(gate.pass([1])).toBeUndefined();
    gate.review();
    await clock.advance(0);
    expect(reply.safe).toBe(true);
  });

  it('waits for a copy whose stream has failed until that is taken out, whatever was said after the failure', async () => {
    change();
    const before = follow(gate.pass([1]));
    await answer('c');
    replication.present('b')!.fail(new Error('broken'));
    change();
    const after = follow(gate.pass([1]));
    await answer('c');
    expect([before.safe, after.safe]).toEqual([undefined, undefined]);
    publish(1, 'c');
    await clock.advance(0);
    expect([before.safe, after.safe]).toEqual([true, true]);
  });

  it('waits for a published copy that its stream does not know', async () => {
    publish(3, 'b');
    const reply = follow(gate.pass([3]));
    expect(reply.safe).toBeUndefined();
    publish(3);
    await clock.advance(0);
    expect(reply.safe).toBe(true);
  });

  it('waits for a published copy that was refused, whatever is then sent to its member', async () => {
    change();
    const before = follow(gate.pass([1]));
    for (const resolve of unanswered.get('b')!.splice(0)) resolve([1]);
    await answer('c');
    const after = follow(gate.pass([1]));
    prompt = true;
    const again = replication.present('b')!.copy([1], 'all');
    await expect(again).rejects.toThrow('not in sync');
    gate.review();
    await clock.advance(0);
    expect([before.safe, after.safe]).toEqual([undefined, undefined]);
    publish(1, 'c');
    await clock.advance(0);
    expect([before.safe, after.safe]).toEqual([true, true]);
  });

  it('is not known to be safe when this node closes, nor afterwards', async () => {
    change();
    const reply = follow(gate.pass([1]));
    gate.close();
    await clock.advance(0);
    expect(reply.safe).toBe(false);
    expect(await gate.pass([1])!.safe).toBe(false);
  });

  it('is let go without an answer when nobody waits for it any more, and others wait on', async () => {
    change();
    const passage = gate.pass([1])!;
    const given = follow(passage);
    const other = follow(gate.pass([1]));
    passage.giveUp();
    passage.giveUp();
    for (const id of ['b', 'c']) await answer(id);
    expect([given.safe, other.safe]).toEqual([undefined, true]);
    gate.close();
    await clock.advance(0);
    expect(given.safe).toBeUndefined();
  });
});

describe('a copy whose publication is under way', () => {
  it('is counted on like one that is published, and unlike any other', async () => {
    expect(['b', 'c', 'd'].map((id) => gate.counts(id, 1))).toEqual([true, true, false]);
    expect(gate.counts('b', 2)).toBe(false);
    await gate.including('b', [2], async () => expect(gate.counts('b', 2)).toBe(true));
    expect(gate.counts('b', 2)).toBe(false);
  });

  it('holds replies as if it were published, until the outcome is known', async () => {
    publish(1);
    let end: () => void = () => {};
    const work = gate.including(
      'b',
      [1],
      () =>
        new Promise<void>((resolve) => {
          end = resolve;
        }),
    );
    change();
    const reply = follow(gate.pass([1]));
    await answer('b');
    expect(reply.safe).toBe(true);
    change();
    const second = follow(gate.pass([1]));
    await clock.advance(0);
    expect(second.safe).toBeUndefined();
    // It came to nothing.
    end();
    await work;
    await clock.advance(0);
    expect(second.safe).toBe(true);
  });

  it('holds them on when it was published', async () => {
    publish(1);
    const work = gate.including('b', [1], async () => {
      change();
      publish(1, 'b');
    });
    const reply = follow(gate.pass([1]));
    await work;
    await clock.advance(0);
    expect(reply.safe).toBeUndefined();
    await answer('b');
    expect(reply.safe).toBe(true);
  });

  it('may be two at once', async () => {
    publish(1);
    const ends = new Map<string, () => void>();
    const works = ['b', 'c'].map((id) =>
      gate.including(id, [1], () => new Promise<void>((resolve) => void ends.set(id, resolve))),
    );
    change();
    const reply = follow(gate.pass([1]));
    ends.get('b')!();
    await works[0];
    await clock.advance(0);
    expect(reply.safe).toBeUndefined();
    await answer('c');
    expect(reply.safe).toBe(true);
    ends.get('c')!();
    await works[1];
    change();
    expect(gate.pass([1])).toBeUndefined();
  });
});

describe('all replies', () => {
  /** Whether `settled(ms)` has resolved so far, and when. */
  function settled(ms: number): { after: number | undefined } {
    const began = clock.now();
    const end: { after: number | undefined } = { after: undefined };
    void gate.settled(ms).then(() => {
      end.after = clock.now() - began;
    });
    return end;
  }

  it('are waited for until none waits any more', async () => {
    change();
    gate.pass([1]);
    const passage = gate.pass([1])!;
    const end = settled(10_000);
    await clock.advance(100);
    await answer('b');
    expect(end.after).toBeUndefined();
    passage.giveUp();
    await clock.advance(0);
    expect(end.after).toBeUndefined();
    await answer('c');
    expect(end.after).toBe(100);
  });

  it('are not waited for once they are given up, or this node closes', async () => {
    change();
    const passage = gate.pass([1])!;
    const first = settled(10_000);
    await clock.advance(100);
    passage.giveUp();
    await clock.advance(0);
    expect(first.after).toBe(100);
    gate.pass([1]);
    const second = settled(10_000);
    await clock.advance(100);
    gate.close();
    await clock.advance(0);
    expect(second.after).toBe(100);
  });

  it('are waited for no longer than told, and not at all where there are none', async () => {
    const none = settled(10_000);
    await clock.advance(0);
    expect(none.after).toBe(0);
    change();
    gate.pass([1]);
    const ends = [settled(0), settled(-5)];
    await clock.advance(0);
    expect(ends.map(({ after }) => after)).toEqual([0, 0]);
    const late = settled(500);
    await clock.advance(499);
    expect(late.after).toBeUndefined();
    await clock.advance(1);
    expect(late.after).toBe(500);
  });
});
