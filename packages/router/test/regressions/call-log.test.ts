import { beforeEach, describe, expect, it } from 'vitest';
import { CallLog } from '../../src/call-log.ts';
import type { Reply } from '../../src/frame.ts';
import type { Replica, ReplicaRecord } from '../../src/services.ts';
import { ManualClock } from '../../src/testing/index.ts';

let clock: ManualClock;
beforeEach(() => {
  clock = new ManualClock();
});

const reply: Reply = { kind: 'result', value: new Uint8Array([1]) };

/** A log, and the other end of its partitions' streams. */
function log(limit: number): { calls: CallLog; replica: Replica; changes: [number, ReplicaRecord][] } {
  const changes: [number, ReplicaRecord][] = [];
  const changed = (partition: number, record: ReplicaRecord): void => void changes.push([partition, record]);
  const calls = new CallLog({ clock, limit, slack: 1_000, streaming: () => true, changed });
  return { calls, replica: calls.service.replica!, changes };
}

describe('a call that had to be forgotten and may come again', () => {
  it('is not taken for a new one where its partition was moved to', () => {
    const from = log(2);
    const to = log(2);
    for (let id = 1; id <= 3; id += 1) from.calls.end(5, 'caller', id, 1_000, reply);
    expect(from.calls.recall(5, 'caller', 1)).toBeUndefined();
    for (const record of from.replica.snapshot(5, false)) to.replica.stage(5, record);
    to.replica.promote(5);
    expect(to.calls.recall(5, 'caller', 1)).toBeUndefined();
    expect(to.calls.forgot(5)).toBe(true);
    expect(to.calls.recall(5, 'caller', 3)).toMatchObject({ kind: 'ended' });
  });

  it('is not taken for a new one where a backup is promoted that was there before it was forgotten', () => {
    const from = log(2);
    const to = log(100);
    for (let id = 1; id <= 3; id += 1) from.calls.end(5, 'caller', id, 1_000, reply);
    for (const [partition, record] of from.changes) to.replica.stage(partition, record);
    to.replica.promote(5);
    expect(to.calls.forgot(5)).toBe(true);
  });

  it('is not taken for a new one by its owner that gave the partition away and has it again', () => {
    const { calls, replica } = log(2);
    for (let id = 1; id <= 3; id += 1) calls.end(5, 'caller', id, 1_000, reply);
    replica.demote(5);
    expect(calls.forgot(5)).toBe(false);
    replica.promote(5);
    expect(calls.forgot(5)).toBe(true);
  });

  it('does not cast doubt on the partition any longer than it can come again', async () => {
    const { calls } = log(1);
    calls.end(5, 'caller', 1, 3_000, reply);
    calls.end(5, 'caller', 2, 10, reply);
    await clock.advance(3_500);
    expect(calls.forgot(5)).toBe(true);
    await clock.advance(1_000);
    expect(calls.forgot(5)).toBe(false);
    await clock.advance(2_000);
    expect(clock.waiting).toBe(0);
  });
});

describe('calls that cannot come again', () => {
  it('are not kept because an older one still can', async () => {
    const { calls, replica } = log(100);
    calls.end(5, 'caller', 1, 60_000, reply);
    for (let id = 2; id <= 20; id += 1) calls.end(5, 'caller', id, 10, reply);
    const copy = log(100);
    for (const record of replica.snapshot(5, false)) copy.replica.stage(5, record);
    expect([calls.size, copy.calls.size]).toEqual([20, 20]);
    await clock.advance(3_000);
    expect([calls.size, copy.calls.size]).toEqual([1, 1]);
    for (const each of [calls, copy.calls]) each.close();
  });
});

describe('copies', () => {
  it('never hold more calls than the limit, together with what is served', () => {
    const { calls, replica } = log(10);
    for (let id = 1; id <= 8; id += 1) calls.end(1, 'caller', id, 1_000, reply);
    for (let id = 11; id <= 30; id += 1)
      replica.stage(2, ['result', 1_000, 'other', id, new Uint8Array([1])]);
    expect(calls.size).toBeLessThanOrEqual(10);
    replica.promote(2);
    expect(calls.size).toBeLessThanOrEqual(10);
    expect(calls.forgot(2)).toBe(true);
    expect(calls.forgot(1)).toBe(false);
  });

  it('are not counted any more once they are dropped', () => {
    const { calls, replica } = log(10);
    for (let id = 1; id <= 5; id += 1) replica.stage(2, ['begun', 1_000, 'caller', id]);
    expect(calls.size).toBe(5);
    replica.discard(2);
    expect(calls.size).toBe(0);
    calls.end(3, 'caller', 9, 1_000, reply);
    replica.demote(3);
    expect(calls.size).toBe(1);
    replica.discard(3);
    expect(calls.size).toBe(0);
  });
});
