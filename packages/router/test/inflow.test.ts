import { beforeEach, describe, expect, it } from 'vitest';
import { Inflow } from '../src/inflow.ts';
import { type CopyRecord, copyRecords, type StreamAnswer, type Unit } from '../src/replica-stream.ts';
import { balanced } from '../src/routers/balanced.ts';
import { Services } from '../src/services.ts';
import { ManualClock } from '../src/testing/index.ts';
import { changeBackups, completeMoves, fail, join, type View } from '../src/view.ts';
import { firstView, member } from './arbitraries.ts';

const router = balanced();
/** `a` owns everything; `b` and `c` are there. */
const before = join(firstView(4), [member('b'), member('c')], router);
const stream = 'a-1:1';

let services: Services;
let inflow: Inflow;
let told: unknown[];
let sequence: number;
beforeEach(() => {
  services = new Services(new ManualClock());
  told = [];
  sequence = 0;
  open('box');
  inflow = new Inflow('b', services);
  inflow.follow(before);
});

function open(name: string, backed = true): void {
  services.add(name, {
    handlers: {},
    backed,
    replica: {
      snapshot: () => [],
      stage: (partition, record) => void told.push(['stage', partition, ...record]),
      promote: (partition) => void told.push(['promote', partition]),
      demote: (partition) => void told.push(['demote', partition]),
      discard: (partition) => void told.push(['discard', partition]),
      drop: (partition) => void told.push(['drop', partition]),
    },
  });
}

/** The next message of the stream of `a`. */
function take(view: View, ...units: Unit[]): StreamAnswer {
  return inflow.take(view, 'a', { stream, sequence: sequence++, epoch: view.epoch, units });
}

const about = (record: CopyRecord, partition = 2): Unit => [[copyRecords, partition, record]];
const opening = (view: View, partition = 2): Unit =>
  about(['open', view.terms[partition]!, view.origins[partition]!], partition);
const attaching = (view: View, partition = 2): Unit =>
  about(['attach', view.terms[partition]!, view.origins[partition]!], partition);
const synced: Unit = about(['synced']);
const closing: Unit = about(['close']);
const piece = (value: string, partition = 2): Unit => [['box', partition, [value]]];

const given = (view: View, to: string): View => completeMoves(view, [{ partition: 2, from: 'a', to }]);
const published = (view: View, ...ids: string[]): View => changeBackups(view, new Map([[2, ids]]));

describe('a copy of a partition', () => {
  it('is served once a view names this node and everything has arrived', () => {
    expect(take(before, opening(before), piece('one'))).toEqual([]);
    expect(take(before, synced)).toEqual([]);
    inflow.follow(before);
    expect(told).toEqual([['stage', 2, 'one']]);
    inflow.follow(given(before, 'b'));
    expect(told.slice(1)).toEqual([['promote', 2]]);
  });

  it('is never served if its end has not arrived', () => {
    take(before, opening(before), piece('one'));
    inflow.follow(given(before, 'b'));
    expect(told.slice(1)).toEqual([['discard', 2]]);
  });

  it('is never served if its owner died before it gave it away', () => {
    take(before, opening(before), synced);
    const after = fail(before, ['a', 'c'], router);
    expect(after.owners[2]).toBe('b');
    inflow.follow(after);
    expect(told).toEqual([['discard', 2]]);
  });

  it('is dropped when another node is given the partition', () => {
    take(before, opening(before), synced);
    inflow.follow(given(before, 'c'));
    expect(told).toEqual([['discard', 2]]);
  });

  it('takes no piece after a gap, and has no end after one', () => {
    take(before, opening(before));
    sequence = 2;
    expect(take(before, piece('two'))).toBe('gap');
    expect(take(before, synced)).toBe('gap');
    expect(told).toEqual([]);
    inflow.follow(given(before, 'b'));
    expect(told).toEqual([['discard', 2]]);
  });

  it('takes what comes twice once', () => {
    take(before, opening(before), piece('one'));
    sequence = 0;
    expect(take(before, opening(before), piece('one'))).toEqual([]);
    expect(told).toEqual([['stage', 2, 'one']]);
  });

  it('takes nothing for a service that is not open here, and says so', () => {
    expect(take(before, opening(before), [['chest', 2, ['one']]], piece('one', 3))).toEqual([2]);
    expect(told).toEqual([]);
  });

  it('is not begun for an owner of an earlier term, nor of what this node owns', () => {
    const after = given(before, 'c');
    inflow.follow(after);
    expect(take(after, opening(before))).toEqual([2]);
    const own = given(before, 'b');
    inflow.follow(own);
    expect(take(own, opening(own))).toEqual([2]);
  });

  it('goes on with its next owner, as the earlier one left it', () => {
    const withCopy = published(before, 'b');
    take(before, opening(before), piece('one'), synced);
    inflow.follow(withCopy);
    expect(inflow.holds(withCopy, 2)).toBe(true);
    const after = completeMoves(withCopy, [{ partition: 2, from: 'a', to: 'c', backups: ['b'] }]);
    inflow.follow(after);
    expect(take(after, piece('late'))).toEqual([]);
    const next = { stream: 'c-1:1', sequence: 0, epoch: after.epoch };
    expect(inflow.take(after, 'c', { ...next, units: [attaching(after), piece('two')] })).toEqual([]);
    expect(told).toEqual([
      ['stage', 2, 'one'],
      ['stage', 2, 'two'],
    ]);
    inflow.follow(fail(after, ['c'], router));
    expect(told.at(-1)).toEqual(['promote', 2]);
  });

  it('is not attached to an owner that has nothing to do with it, or if it is not in sync', () => {
    const copied = published(before, 'b');
    expect(take(copied, attaching(copied))).toEqual([2]);
    take(before, opening(before, 3));
    expect(take(before, attaching(before, 3))).toEqual([2, 3]);
    expect(take(published(before, 'b'), piece('one'))).toEqual([2, 3]);
    expect(told).toEqual([['discard', 2]].slice(1));
  });

  it('is dropped when its owner closes it, unless it is published', () => {
    take(before, opening(before), synced);
    take(published(before, 'b'), closing);
    expect(told).toEqual([]);
    take(before, closing);
    expect(told).toEqual([['discard', 2]]);
    expect(take(before, piece('one'))).toEqual([]);
    expect(told).toHaveLength(1);
  });

  it('is not begun anew while it is published, for it is all there is if its owner dies', () => {
    const copied = published(before, 'b');
    take(before, opening(before), piece('one'), synced);
    inflow.follow(copied);
    const again = {
      stream: 'a-1:2',
      sequence: 0,
      epoch: copied.epoch,
      units: [opening(copied), piece('two')],
    };
    expect(inflow.take(copied, 'a', again)).toEqual([2]);
    inflow.follow(fail(copied, ['a'], router));
    expect(told).toEqual([
      ['stage', 2, 'one'],
      ['promote', 2],
    ]);
  });

  it('of an earlier stream is dropped when the next one begins, if it was never published', () => {
    take(before, opening(before), piece('one'), synced);
    inflow.take(before, 'a', { stream: 'a-1:2', sequence: 0, epoch: before.epoch, units: [] });
    expect(told.at(-1)).toEqual(['discard', 2]);
    inflow.follow(given(before, 'b'));
    expect(told).toHaveLength(2);
  });

  it('waits for the view of its owner', () => {
    const later = published(before, 'c');
    const message = { stream, sequence: 0, epoch: later.epoch, units: [opening(later), synced] };
    expect(inflow.take(before, 'a', message)).toBe('behind');
    expect(inflow.take(later, 'a', message)).toEqual([]);
  });

  it('is nothing that a node which is no member may begin', () => {
    const message = { sequence: 0, epoch: before.epoch, units: [opening(before)] };
    expect(inflow.take(before, 'a', { stream: 'a-0:1', ...message })).toBe('over');
    expect(inflow.take(before, 'd', { stream: 'd-1:1', ...message })).toBe('over');
  });

  it('that was owned here goes on as a copy, but for what is not backed up', () => {
    open('scratch', false);
    const mine = given(before, 'b');
    const away = completeMoves(mine, [{ partition: 2, from: 'b', to: 'c', backups: ['b'] }]);
    inflow.demote(away, 2);
    expect(told).toEqual([
      ['demote', 2],
      ['drop', 2],
    ]);
    expect(inflow.holds(away, 2)).toBe(true);
    inflow.follow(away);
    inflow.follow(fail(away, ['c'], router));
    expect(told.slice(2)).toEqual([
      ['promote', 2],
      ['promote', 2],
    ]);
  });

  it('is dropped when it is taken out of the published set, unless its owner goes on with it', () => {
    const copied = published(before, 'b');
    take(before, opening(before), synced);
    inflow.follow(copied);
    inflow.follow({ ...published(copied), epoch: copied.epoch + 1 });
    expect(told).toEqual([]);
    const left = completeMoves(copied, [{ partition: 2, from: 'a', to: 'c', backups: ['b'] }]);
    inflow.follow(left);
    inflow.follow(published(left));
    expect(told).toEqual([['discard', 2]]);
  });

  it('is dropped when this node is no member any more', () => {
    take(before, opening(before), opening(before, 3), synced);
    inflow.close();
    expect(told).toEqual([
      ['discard', 2],
      ['discard', 3],
    ]);
  });

  it('is not changed by a message of an earlier stream', () => {
    const message = { epoch: before.epoch, units: [opening(before), piece('late')] };
    inflow.take(before, 'a', { stream: 'a-1:2', sequence: 0, epoch: before.epoch, units: [] });
    inflow.take(before, 'a', {
      stream: 'a-1:2',
      sequence: 1,
      epoch: before.epoch,
      units: [opening(before), piece('value'), synced],
    });
    expect(inflow.take(before, 'a', { stream: 'a-1:1', sequence: 0, ...message })).toBe('over');
    expect(inflow.take(before, 'a', { stream: 'a-1:1', sequence: 1, ...message })).toBe('over');
    inflow.follow(given(before, 'b'));
    expect(told).toEqual([
      ['stage', 2, 'value'],
      ['promote', 2],
    ]);
  });
});
