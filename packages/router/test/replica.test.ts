import { beforeEach, describe, expect, it } from 'vitest';
import { Inflow } from '../src/replica.ts';
import { balanced } from '../src/routers/balanced.ts';
import { Services } from '../src/services.ts';
import { ManualClock } from '../src/testing/index.ts';
import { completeMoves, fail, join, type View } from '../src/view.ts';
import { firstView, member } from './arbitraries.ts';

const router = balanced();
/** `a` owns everything; `b` and `c` are there. */
const before = join(firstView(4), [member('b'), member('c')], router);
const stream = 'a-1:1';

let inflow: Inflow;
let told: unknown[];
beforeEach(() => {
  const services = new Services(new ManualClock());
  told = [];
  services.add('box', {
    handlers: {},
    replica: {
      snapshot: () => [],
      parting: () => [],
      stage: (partition, record) => void told.push(['stage', partition, ...record]),
      promote: (partition) => void told.push(['promote', partition]),
      discard: (partition) => void told.push(['discard', partition]),
      drop: () => {},
    },
  });
  inflow = new Inflow('b', services);
  inflow.follow(before);
  inflow.begin(before, 'a', stream, [[2, before.terms[2]!, before.origins[2]!]]);
});

const given = (view: View, to: string): View => completeMoves(view, [{ partition: 2, from: 'a', to }]);

describe('a copy of a partition', () => {
  it('is served once a view names this node and everything has arrived', () => {
    inflow.pieces(stream, 0, [['box', 2, ['one']]]);
    inflow.finish(stream, 1);
    inflow.follow(before);
    expect(told).toEqual([['stage', 2, 'one']]);
    inflow.follow(given(before, 'b'));
    expect(told.slice(1)).toEqual([['promote', 2]]);
  });

  it('is never served if its end has not arrived', () => {
    inflow.pieces(stream, 0, [['box', 2, ['one']]]);
    inflow.follow(given(before, 'b'));
    expect(told.slice(1)).toEqual([['discard', 2]]);
  });

  it('is never served if its owner died before it gave it away', () => {
    inflow.finish(stream, 0);
    const after = fail(before, ['a', 'c'], router);
    expect(after.owners[2]).toBe('b');
    inflow.follow(after);
    expect(told).toEqual([['discard', 2]]);
  });

  it('is dropped when another node is given the partition', () => {
    inflow.finish(stream, 0);
    inflow.follow(given(before, 'c'));
    expect(told).toEqual([['discard', 2]]);
  });

  it('takes no piece after a gap, and has no end after one', () => {
    expect(() => inflow.pieces(stream, 1, [['box', 2, ['two']]])).toThrow('gap');
    expect(() => inflow.finish(stream, 1)).toThrow('gap');
    expect(told).toEqual([]);
  });

  it('takes nothing for a service that is not open here', () => {
    expect(() => inflow.pieces(stream, 0, [['chest', 2, ['one']]])).toThrow('not open');
  });

  it('is not begun for an owner of an earlier term, nor of what this node owns', () => {
    const after = given(before, 'c');
    inflow.follow(after);
    const opening: [number, number, number] = [2, before.terms[2]!, before.origins[2]!];
    expect(() => inflow.begin(after, 'a', 'a-1:2', [opening])).toThrow('another owner');
    const own = given(before, 'b');
    expect(() => inflow.begin(own, 'a', 'a-1:3', [[2, own.terms[2]!, 1]])).toThrow('another owner');
  });
});
