import { beforeEach, describe, expect, it } from 'vitest';
import type { Clock } from '../src/clock.ts';
import { Encoded } from '../src/encoded.ts';
import { Outflow, type OutflowOptions } from '../src/outflow.ts';
import {
  copyRecords,
  type Piece,
  type StreamAnswer,
  type StreamMessage,
  sizeOfUnit,
} from '../src/replica-stream.ts';
import type { Replica, ReplicaRecord } from '../src/services.ts';
import { Services } from '../src/services.ts';
import { ManualClock } from '../src/testing/index.ts';
import { Throttle } from '../src/throttle.ts';
import type { View } from '../src/view.ts';
import { firstView } from './arbitraries.ts';

const view = firstView(8);

/** The view once a partition is another node's. */
function gone(partition: number): View {
  return { ...view, owners: view.owners.map((owner, n) => (n === partition ? 'z' : owner)) };
}

let clock: ManualClock;
let services: Services;
/** What the owner has, by partition. */
let values: Map<number, string[]>;
let sent: { message: StreamMessage; answer(answer: StreamAnswer): void; lose(code?: string): void }[];
let progressed: number;
beforeEach(() => {
  clock = new ManualClock();
  services = new Services(clock);
  values = new Map([
    [1, ['one', 'uno']],
    [2, ['two']],
  ]);
  sent = [];
  progressed = 0;
  open('box');
});

function open(name: string, backed = true): void {
  services.add(name, {
    handlers: {},
    backed,
    replica: {
      *snapshot(partition): Iterable<ReplicaRecord> {
        for (const value of values.get(partition) ?? []) yield [value];
      },
      stage: () => {},
      promote: () => {},
      demote: () => {},
      discard: () => {},
      drop: () => {},
    },
  });
}

function outflowOf(more: Partial<OutflowOptions> = {}): Outflow {
  return new Outflow({
    stream: 'a-1:1',
    services,
    clock,
    throttle: new Throttle(clock, Number.POSITIVE_INFINITY),
    spare: 256 * 1024,
    patience: 3_000,
    ordered: true,
    view: () => view,
    pages: () => false,
    counted: () => false,
    send: (message) =>
      new Promise((resolve, reject) => {
        const lose = (code = 'NODE_DOWN'): void => reject(Object.assign(new Error('lost'), { code }));
        sent.push({ message, answer: resolve, lose });
      }),
    progress: () => {
      progressed += 1;
    },
    ...more,
  });
}

/** Answers everything, as it comes, until nothing comes any more. */
async function answerAll(answer: StreamAnswer = []): Promise<Piece[]> {
  const pieces: Piece[] = [];
  await clock.advance(0);
  while (sent.length > 0) {
    const { message, answer: reply } = sent.shift()!;
    pieces.push(...message.units.flat());
    reply(answer);
    await clock.advance(0);
  }
  return pieces;
}

function outcome(work: Promise<unknown>): { ended: unknown } {
  const fate: { ended: unknown } = { ended: undefined };
  work.then(
    () => {
      fate.ended = 'resolved';
    },
    (error: Error) => {
      fate.ended = error.message;
    },
  );
  return fate;
}

const opened = (partition: number): Piece => [copyRecords, partition, ['open', 1, 1]];
const synced = (partition: number): Piece => [copyRecords, partition, ['synced']];
const change = (value: string, partition: number): Piece[] => [['box', partition, [value]]];

describe('a stream of copies', () => {
  it('opens each copy, tells what is there, and then that it is complete', async () => {
    const outflow = outflowOf();
    const copied = outcome(outflow.copy([1, 2], 'backed'));
    expect(await answerAll()).toEqual([
      opened(1),
      ['box', 1, ['one']],
      ['box', 1, ['uno']],
      synced(1),
      opened(2),
      ['box', 2, ['two']],
      synced(2),
    ]);
    expect(copied.ended).toBe('resolved');
    expect([...outflow.partitions]).toEqual([1, 2]);
  });

  it('tells changes of partitions that are on it, and of no others, one unit for all that belongs together', async () => {
    const outflow = outflowOf();
    void outflow.copy([1], 'backed');
    await answerAll();
    outflow.changed([...change('x', 1), ...change('y', 2), ...change('z', 1)]);
    outflow.changed(change('y', 2));
    expect(sent).toHaveLength(1);
    expect(sent[0]!.message).toMatchObject({ stream: 'a-1:1', epoch: 1 });
    expect(sent[0]!.message.units).toEqual([[...change('x', 1), ...change('z', 1)]]);
  });

  it('waits with what is to be moved while that is held, and not with backups and changes', async () => {
    const throttle = new Throttle(clock, Number.POSITIVE_INFINITY);
    const outflow = outflowOf({ throttle });
    throttle.hold();
    throttle.hold();
    const copied = outcome(outflow.copy([1, 2], 'all'));
    expect(await answerAll()).toEqual([opened(1), ['box', 1, ['one']]]);
    outflow.changed(change('x', 1));
    expect(await answerAll()).toEqual(change('x', 1));
    const backup = outflowOf({ throttle });
    const backedUp = outcome(backup.copy([1, 2], 'backed'));
    expect((await answerAll()).at(-1)).toEqual(synced(2));
    expect(backedUp.ended).toBe('resolved');
    throttle.release();
    expect(await answerAll()).toEqual([]);
    throttle.release();
    expect((await answerAll()).at(-1)).toEqual(synced(2));
    expect(copied.ended).toBe('resolved');
  });

  it('lets all else be done after every short while of copying', async () => {
    let read = 0;
    let turns = 0;
    const busy: Clock = {
      now: () => clock.now() + read,
      wallTime: () => clock.wallTime(),
      after: (ms, task) => clock.after(ms, task),
      defer: (task) => {
        turns += 1;
        clock.defer(task);
      },
    };
    services = new Services(clock);
    const replica: Replica = {
      *snapshot() {
        for (let n = 0; n < 10; n += 1) {
          // So long does it take to read one.
          read += 1;
          yield [n];
        }
      },
      stage: () => {},
      promote: () => {},
      demote: () => {},
      discard: () => {},
      drop: () => {},
    };
    services.add('slow', { handlers: {}, replica });
    const outflow = outflowOf({ clock: busy, services });
    void outflow.copy([1], 'backed');
    expect(await answerAll()).toHaveLength(12);
    expect(turns).toBe(10);
  });

  it('leaves out what the user does not want backed up, unless everything is to be handed over', async () => {
    open('scratch', false);
    const outflow = outflowOf();
    void outflow.copy([2], 'backed');
    expect(await answerAll()).toEqual([opened(2), ['box', 2, ['two']], synced(2)]);
    outflow.changed([['scratch', 2, ['s']]]);
    expect(await answerAll()).toEqual([]);
    const all = outcome(outflow.copy([2], 'all'));
    expect(await answerAll()).toEqual([['scratch', 2, ['two']]]);
    expect(all.ended).toBe('resolved');
    outflow.changed([['scratch', 2, ['s']]]);
    expect(await answerAll()).toEqual([['scratch', 2, ['s']]]);
    void outflow.copy([2], 'backed');
    expect(await answerAll()).toEqual([]);
  });

  it('sends no more than eight messages without an answer, and the rest after it', async () => {
    const outflow = outflowOf();
    outflow.attach(1);
    for (let n = 0; n < 10; n += 1) outflow.changed(change(`${n}`, 1));
    expect(sent.map(({ message }) => message.sequence)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    sent[0]!.answer([]);
    await clock.advance(0);
    expect(sent[8]!.message.units).toHaveLength(3);
  });

  it('sends again what was lost, in order, and has it applied when all before it is', async () => {
    const outflow = outflowOf();
    outflow.attach(1);
    outflow.changed(change('x', 1));
    const position = outflow.position(1);
    const [first, second] = sent.splice(0);
    second!.answer([]);
    first!.lose();
    await clock.advance(10);
    expect([outflow.applied(position), sent.length]).toEqual([false, 0]);
    await clock.advance(10);
    expect(sent.map(({ message }) => message.sequence)).toEqual([0]);
    sent[0]!.answer([]);
    await clock.advance(0);
    expect(outflow.applied(position)).toBe(true);
  });

  it('waits for a target that is behind or has missed something', async () => {
    const outflow = outflowOf();
    outflow.attach(1);
    for (const answer of ['behind', 'gap'] as const) {
      sent.shift()!.answer(answer);
      await clock.advance(19);
      expect(sent).toEqual([]);
      await clock.advance(2);
      expect(sent).toHaveLength(1);
    }
    expect(outflow.failure).toBeUndefined();
  });

  it('is given up when the target knows a later one, patience ends, or the answer makes trying again vain', async () => {
    const failing = outflowOf();
    const ends: ((outflow: Outflow) => Promise<void>)[] = [
      async () => sent.shift()!.answer('over'),
      async () => sent.shift()!.lose('UNKNOWN_HANDLER'),
      async () => {
        for (let passed = 0; passed < 3_100; passed += 20) {
          for (const { lose } of sent.splice(0)) lose();
          await clock.advance(20);
        }
      },
    ];
    expect(failing.failure).toBeUndefined();
    for (const end of ends) {
      const outflow = outflowOf();
      outflow.attach(1);
      const position = outflow.position(1);
      const settled = outcome(outflow.settled([1]));
      await end(outflow);
      await clock.advance(0);
      expect(outflow.failure).toBeInstanceOf(Error);
      expect(settled.ended).toBe(outflow.failure!.message);
      expect(outflow.applied(position)).toBe(false);
      outflow.changed(change('x', 1));
      expect(outflow.applied(outflow.position(1))).toBe(false);
      expect(outcome(outflow.copy([2], 'backed'))).toBeDefined();
      for (const { answer } of sent.splice(0)) answer([]);
      await clock.advance(10_000);
      expect(outflow.applied(position)).toBe(false);
      expect(sent).toEqual([]);
    }
    expect(progressed).toBeGreaterThanOrEqual(ends.length);
    expect(clock.waiting).toBe(0);
  });

  it('does not have a partition that was refused, and whoever waits for it learns so', async () => {
    const outflow = outflowOf();
    const copied = outcome(outflow.copy([1, 2], 'backed'));
    await answerAll([1]);
    expect(copied.ended).toBe('partition 1 was refused');
    expect([outflow.has(1), outflow.has(2)]).toEqual([false, true]);
    expect(outcome(outflow.settled([2]))).toBeDefined();
    const again = outcome(outflow.copy([1], 'backed'));
    expect(await answerAll()).toEqual([opened(1), ['box', 1, ['one']], ['box', 1, ['uno']], synced(1)]);
    expect(again.ended).toBe('resolved');
  });

  it('does not begin a copy anew that is counted on, and goes on with one that is there', async () => {
    const outflow = outflowOf({ counted: () => true });
    outflow.attach(1);
    outflow.attach(2);
    await answerAll([1]);
    const outcomes = [1, 2].map((partition) => outcome(outflow.copy([partition], 'all')));
    expect(await answerAll()).toEqual([]);
    expect(outcomes.map(({ ended }) => ended)).toEqual([
      'the copy of partition 1 is not in sync',
      'resolved',
    ]);
  });

  it('has nothing for certain of a copy that was refused and begun anew, until that is complete', async () => {
    const outflow = outflowOf();
    outflow.attach(1);
    const before = outflow.position(1);
    await answerAll();
    expect(outflow.arrived(1, before)).toBe(true);
    outflow.changed(change('x', 1));
    await answerAll([1]);
    expect(outflow.arrived(1, before)).toBe(false);
    void outflow.copy([1], 'backed');
    expect(outflow.arrived(1, before)).toBe(false);
    for (let answered = 0; answered < 3; answered += 1) {
      await clock.advance(0);
      sent.shift()!.answer([]);
      await clock.advance(0);
      expect(outflow.arrived(1, before)).toBe(false);
    }
    await answerAll();
    expect(outflow.arrived(1, before)).toBe(true);
  });

  it('does not take a refusal for one of a copy that was begun after it', async () => {
    const outflow = outflowOf();
    outflow.attach(1);
    const [first] = sent.splice(0);
    outflow.close([1]);
    outflow.attach(1);
    first!.answer([1]);
    await clock.advance(0);
    expect(outflow.has(1)).toBe(true);
  });

  it('attaches to what is there, closes what is not needed, and lets go what is not its own any more', async () => {
    const outflow = outflowOf();
    outflow.attach(1);
    outflow.attach(2);
    outflow.close([1, 3]);
    outflow.release(gone(2), 'a');
    outflow.changed([...change('x', 1), ...change('y', 2)]);
    expect(await answerAll()).toEqual([
      [copyRecords, 1, ['attach', 1, 1]],
      [copyRecords, 2, ['attach', 1, 1]],
      [copyRecords, 1, ['close']],
    ]);
  });

  it('copies no faster than it is told, while changes leave at once', async () => {
    values.set(
      1,
      Array.from({ length: 10 }, () => 'x'.repeat(968)),
    );
    const outflow = outflowOf({ throttle: new Throttle(clock, 1_000) });
    const copied = outcome(outflow.copy([1], 'backed'));
    await answerAll();
    const pieces: Piece[] = [];
    for (let second = 0; second < 5; second += 1) {
      await clock.advance(1_000);
      pieces.push(...(await answerAll()));
    }
    expect(pieces).toHaveLength(5);
    outflow.changed(change('now', 1));
    expect(await answerAll()).toEqual([['box', 1, ['now']]]);
    await clock.advance(5_000);
    await answerAll();
    expect(copied.ended).toBe('resolved');
  });

  it('ends a wait for its pace when it fails', async () => {
    values.set(1, ['x'.repeat(100_000), 'y']);
    const outflow = outflowOf({ throttle: new Throttle(clock, 1) });
    const copied = outcome(outflow.copy([1], 'backed'));
    await answerAll();
    outflow.fail(new Error('enough'));
    await clock.advance(0);
    expect(copied.ended).toBe('enough');
    expect(clock.waiting).toBe(0);
  });

  // The change that is one too many is dropped, but its partition is not marked: it looks as if nothing were missing.
  it('has nothing for certain of a change that was one too many', async () => {
    const outflow = outflowOf();
    void outflow.copy([1, 2], 'backed');
    await answerAll();
    const heavy = 'x'.repeat(13 * 1024 * 1024);
    for (let n = 0; n < 13; n += 1) outflow.changed(change(heavy, 1));
    expect(outflow.failure).toBeUndefined();
    outflow.changed(change('lost', 2));
    expect(outflow.failure).toBeDefined();
    expect(outflow.applied(outflow.position(2))).toBe(false);
  });

  // The copying of a partition goes on although the partition went and came back meanwhile: it tells what was before.
  it('tells nothing of an earlier copy once another one was begun', async () => {
    values.set(1, ['old', 'old', 'old']);
    const outflow = outflowOf({ throttle: new Throttle(clock, 100) });
    void outflow.copy([1], 'backed').catch(() => {});
    await answerAll();
    outflow.release(gone(1), 'a');
    values.set(1, ['new']);
    outflow.attach(1);
    await answerAll();
    await clock.advance(60_000);
    expect(await answerAll()).toEqual([]);
  });
});

describe('the size of a unit', () => {
  it('is about that of its texts and encoded values', () => {
    const size = sizeOfUnit([
      ['box', 1, ['k'.repeat(1_000), 7]],
      ['box', 1, [new Encoded(new Uint8Array(2_000))]],
    ]);
    expect(size).toBeGreaterThan(3_000);
    expect(size).toBeLessThan(3_200);
  });

  // As the answers are that the log of calls tells: they count as nothing, so that any number is put into one message.
  it('is about that of its bytes', () => {
    expect(sizeOfUnit([['$calls', 1, ['a-1', 7, 5_000, 'result', new Uint8Array(100_000)]]])).toBeGreaterThan(
      100_000,
    );
  });
});
