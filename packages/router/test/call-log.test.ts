import { beforeEach, describe, expect, it } from 'vitest';
import { CallLog, type CallLogOptions, callLogService } from '../src/call-log.ts';
import type { Reply } from '../src/frame.ts';
import type { Replica, ReplicaRecord } from '../src/services.ts';
import { ManualClock } from '../src/testing/index.ts';
import { codec } from './links.ts';

let clock: ManualClock;
let told: [partition: number, record: ReplicaRecord][];
let log: CallLog;
beforeEach(() => {
  clock = new ManualClock();
  told = [];
  log = logOf();
});

function logOf(more: Partial<CallLogOptions> = {}): CallLog {
  const changed = (partition: number, record: ReplicaRecord): void => void told.push([partition, record]);
  return new CallLog({ clock, limit: 100, slack: 3_000, streaming: () => true, changed, ...more });
}

const replica = (of: CallLog): Replica => of.service.replica!;
const result = (value: unknown): Reply => ({
  kind: 'result',
  value: undefined,
  bytes: codec.encodeList([value]),
});
const thrown = (message: string): Reply => ({
  kind: 'thrown',
  error: undefined,
  bytes: codec.encodeError(new Error(message)),
});
const forever = new Promise<Reply>(() => {});

/** Another node's log, once partition 3 has gone there by these records. */
function taken(records: Iterable<ReplicaRecord>): CallLog {
  const other = logOf();
  for (const record of records) replica(other).stage(3, record);
  replica(other).promote(3);
  return other;
}

describe('a call log', () => {
  it('recalls what a call was answered, by its caller and id, in its partition', () => {
    log.end(3, 'a-1', 7, clock.now() + 500, result('yes'));
    log.end(3, 'a-1', 8, clock.now() + 500, thrown('no'));
    expect(log.recall(3, 'a-1', 7)).toEqual({ kind: 'ended', reply: result('yes') });
    expect(log.recall(3, 'a-1', 8)).toMatchObject({ kind: 'ended', reply: { kind: 'thrown' } });
    for (const [partition, caller, id] of [
      [3, 'a-2', 7],
      [2, 'a-1', 7],
      [3, 'a-1', 9],
    ] as const)
      expect(log.recall(partition, caller, id)).toBeUndefined();
    expect(log.size).toBe(2);
  });

  it('knows the reply to come of a call that runs, and then how it ended', async () => {
    let end: (reply: Reply) => void = () => {};
    const reply = new Promise<Reply>((resolve) => {
      end = resolve;
    });
    log.begin(3, 'a-1', 7, clock.now() + 500, reply);
    const known = log.recall(3, 'a-1', 7);
    expect(known?.kind).toBe('running');
    end(result(1));
    expect(known?.kind === 'running' && (await known.reply)).toEqual(result(1));
    log.end(3, 'a-1', 7, clock.now() + 400, result(1));
    expect(log.recall(3, 'a-1', 7)?.kind).toBe('ended');
    expect(log.size).toBe(1);
  });

  it('knows nothing of a call that did nothing and is judged again', () => {
    log.begin(3, 'a-1', 7, clock.now() + 500, forever);
    log.forget(3, 'a-1', 7);
    log.forget(3, 'a-1', 8);
    expect(log.recall(3, 'a-1', 7)).toBeUndefined();
    expect(log.size).toBe(0);
  });

  it('keeps a call for as long as it may come again, and then rests', async () => {
    log.end(3, 'a-1', 7, clock.now() + 500, result('yes'));
    log.end(4, 'b-1', 7, clock.now() + 5_000, result('yes'));
    await clock.advance(3_400);
    expect(log.recall(3, 'a-1', 7)).toBeDefined();
    await clock.advance(1_100);
    expect(log.recall(3, 'a-1', 7)).toBeUndefined();
    expect(log.size).toBe(1);
    await clock.advance(5_000);
    expect(log.size).toBe(0);
    expect(clock.waiting).toBe(0);
  });

  it('forgets the oldest calls of a caller beyond its limit, and says for how long it may matter', async () => {
    log = logOf({ limit: 3 });
    for (let id = 1; id <= 4; id += 1) log.end(3, 'a-1', id, clock.now() + 500, result(id));
    expect([1, 2, 3, 4].map((id) => log.recall(3, 'a-1', id)?.kind)).toEqual([
      undefined,
      'ended',
      'ended',
      'ended',
    ]);
    expect(log.size).toBe(3);
    expect([log.forgot(3), log.forgot(4)]).toEqual([true, false]);
    await clock.advance(3_499);
    expect(log.forgot(3)).toBe(true);
    await clock.advance(1);
    expect(log.forgot(3)).toBe(false);
  });

  it('tells the copies of a partition what it learns', () => {
    log.begin(3, 'a-1', 7, clock.now() + 500, forever);
    log.end(3, 'a-1', 7, clock.now() + 400, result('yes'));
    log.end(3, 'a-1', 8, clock.now() + 400, thrown('no'));
    log.end(3, 'a-1', 9, clock.now() + 400, { kind: 'refused', code: 'TIMEOUT', message: '' });
    expect(told).toEqual([
      [3, ['begun', 3_500, 'a-1', 7]],
      [3, ['result', 3_400, 'a-1', 7, expect.any(Uint8Array)]],
      [3, ['thrown', 3_400, 'a-1', 8, expect.any(Uint8Array)]],
      [3, ['begun', 3_400, 'a-1', 9]],
    ]);
    expect(callLogService).toBe('$calls');
  });

  it('tells them as well what it forgets', async () => {
    log = logOf({ limit: 1 });
    log.begin(3, 'a-1', 1, clock.now() + 500, forever);
    log.forget(3, 'a-1', 1);
    log.begin(3, 'a-1', 2, clock.now() + 500, forever);
    await clock.advance(100);
    log.begin(3, 'a-1', 3, clock.now() + 500, forever);
    expect(told.map(([, record]) => record)).toEqual([
      ['begun', 3_500, 'a-1', 1],
      ['gone', 0, 'a-1', 1],
      ['begun', 3_500, 'a-1', 2],
      ['begun', 3_500, 'a-1', 3],
      ['forgotten', 3_400],
    ]);
  });

  it('tells nothing of a partition that has no copies', () => {
    log = logOf({ limit: 1, streaming: (partition) => partition === 3 });
    for (const partition of [3, 4]) {
      log.begin(partition, 'a-1', 1, clock.now() + 500, forever);
      log.end(partition, 'a-1', 1, clock.now() + 500, result('yes'));
      log.end(partition, 'a-1', 2, clock.now() + 500, result('yes'));
      log.forget(partition, 'a-1', 2);
    }
    expect(told.length).toBeGreaterThan(0);
    expect(told.filter(([partition]) => partition !== 3)).toEqual([]);
    expect(log.forgot(4)).toBe(true);
  });
});

describe('the log of a partition that goes elsewhere', () => {
  it('is known there as it was here, for as long as is left', async () => {
    log.end(3, 'a-1', 1, clock.now() + 500, result('one'));
    const two = thrown('two');
    log.end(3, 'b-1', 1, clock.now() + 500, two);
    log.begin(3, 'b-1', 2, clock.now() + 500, forever);
    log.end(4, 'a-1', 9, clock.now() + 500, result('other'));
    await clock.advance(1_000);
    const other = taken(replica(log).snapshot(3, false));
    expect(other.recall(3, 'a-1', 1)).toEqual({ kind: 'ended', reply: result('one') });
    expect(other.recall(3, 'b-1', 1)).toEqual({ kind: 'ended', reply: two });
    // Where it runs is known here alone.
    expect(other.recall(3, 'b-1', 2)).toEqual({ kind: 'begun' });
    expect(other.size).toBe(3);
    await clock.advance(3_600);
    expect(other.size).toBe(0);
  });

  it('is told by changes as it is by a snapshot', () => {
    log.begin(3, 'b-1', 2, clock.now() + 500, forever);
    log.end(3, 'b-1', 2, clock.now() + 400, result('two'));
    const other = taken(told.map(([, record]) => record));
    expect(other.recall(3, 'b-1', 2)).toEqual({ kind: 'ended', reply: result('two') });
  });

  it('is a copy until then, and nothing of it is answered; what is not needed goes', async () => {
    log.end(3, 'a-1', 1, clock.now() + 500, result('one'));
    const other = logOf();
    for (const record of replica(log).snapshot(3, false)) replica(other).stage(3, record);
    expect([other.recall(3, 'a-1', 1), other.size]).toEqual([undefined, 1]);
    replica(other).discard(3);
    expect(other.size).toBe(0);
    replica(other).promote(3);
    expect([other.recall(3, 'a-1', 1), other.size]).toEqual([undefined, 0]);
    await clock.advance(10_000);
    expect(clock.waiting).toBe(0);
  });

  it('goes on as a copy here, and is served again if it comes back', () => {
    log.end(3, 'a-1', 1, clock.now() + 500, result('one'));
    replica(log).demote(3);
    expect([log.recall(3, 'a-1', 1), log.size]).toEqual([undefined, 1]);
    replica(log).stage(3, ['begun', 3_000, 'a-1', 2]);
    replica(log).promote(3);
    expect(log.recall(3, 'a-1', 1)).toEqual({ kind: 'ended', reply: result('one') });
    expect(log.recall(3, 'a-1', 2)).toEqual({ kind: 'begun' });
    expect(log.size).toBe(2);
  });

  it('is gone here when it is dropped', () => {
    log.end(3, 'a-1', 1, clock.now() + 500, result('one'));
    replica(log).drop(3);
    expect([log.recall(3, 'a-1', 1), log.size]).toEqual([undefined, 0]);
    replica(log).promote(3);
    expect(log.recall(3, 'a-1', 1)).toBeUndefined();
  });

  it('replaces what was served there, if anything was', () => {
    log.end(3, 'a-1', 1, clock.now() + 500, result('old'));
    replica(log).stage(3, ['begun', 3_000, 'a-1', 2]);
    expect(log.size).toBe(2);
    replica(log).promote(3);
    expect([log.recall(3, 'a-1', 1), log.recall(3, 'a-1', 2)]).toEqual([undefined, { kind: 'begun' }]);
    expect(log.size).toBe(1);
  });

  it('takes no more room there than calls of its own, and knows then that some were forgotten', async () => {
    const other = logOf({ limit: 2 });
    for (let id = 1; id <= 3; id += 1) replica(other).stage(3, ['begun', 3_000, 'a-1', id]);
    expect(other.size).toBe(2);
    replica(other).promote(3);
    expect([1, 2, 3].map((id) => other.recall(3, 'a-1', id)?.kind)).toEqual([undefined, 'begun', 'begun']);
    expect(other.forgot(3)).toBe(true);
    await clock.advance(3_000);
    expect(other.forgot(3)).toBe(false);
  });

  it('is forgotten there in time although it stays a copy', async () => {
    const other = logOf();
    replica(other).stage(3, ['begun', 3_000, 'a-1', 1]);
    replica(other).stage(3, ['forgotten', 4_000]);
    await clock.advance(6_000);
    expect([other.size, clock.waiting]).toEqual([0, 0]);
  });

  // Else a call that comes again would be taken there for one that never came.
  it('says there as well that calls were forgotten', () => {
    log = logOf({ limit: 1 });
    log.end(3, 'a-1', 1, clock.now() + 500, result('one'));
    log.end(3, 'a-1', 2, clock.now() + 500, result('two'));
    expect(log.forgot(3)).toBe(true);
    expect(taken(replica(log).snapshot(3, false)).forgot(3)).toBe(true);
    expect(taken(told.map(([, record]) => record)).forgot(3)).toBe(true);
  });

  // Else whoever takes over would answer that nobody knows how it ended.
  it('does not say there that a call was begun that has done nothing', () => {
    log.begin(3, 'a-1', 1, clock.now() + 500, forever);
    log.forget(3, 'a-1', 1);
    expect(taken(told.map(([, record]) => record)).recall(3, 'a-1', 1)).toBeUndefined();
  });
});
