import { describe, expect, it } from 'vitest';
import { RunRecord } from '../src/run-record.ts';
import { tallyOf, twoNodes } from './recording.ts';

describe('RunRecord', () => {
  it('shows a frame of the time since the frame before', () => {
    const record = new RunRecord();
    record.add(1, new Map([['a', tallyOf({ waits: [30, 30] })]]), twoNodes);
    const frame = record.add(1.5, new Map([['a', tallyOf({ hits: [1, 1, 1], waits: [30] })]]), twoNodes);

    expect(frame.seconds).toBe(1.5);
    expect(frame.rows[0]).toMatchObject({ id: 'a', keys: 700, loads: 700, opsPerSecond: 8, hitRate: 0.75 });
    expect(frame.rows[1]).toMatchObject({ id: 'b', opsPerSecond: 0, hitRate: undefined, p50: undefined });
    expect(frame.all).toMatchObject({ keys: 1234, loads: 1234, opsPerSecond: 8, hitRate: 0.75 });
  });

  it('adds up the whole run, by node and in all', () => {
    const record = new RunRecord();
    record.add(1, new Map([['a', tallyOf({ waits: [30], errors: 1 })]]), twoNodes);
    record.add(
      2,
      new Map([
        ['a', tallyOf({ hits: [1] })],
        ['b', tallyOf({ hits: [1, 1], errors: 2 })],
      ]),
      twoNodes,
    );

    expect(record.total()).toMatchObject({ requests: 4, errors: 3, hitRate: 0.75 });
    expect(record.whole(twoNodes).rows.map((row) => row.opsPerSecond)).toEqual([1, 1]);
  });

  it('keeps the requests of a node that has left', () => {
    const record = new RunRecord();
    record.add(1, new Map([['c', tallyOf({ hits: [1] })]]), twoNodes);
    expect(record.total().requests).toBe(1);
    expect(record.whole(twoNodes).all.opsPerSecond).toBe(1);
  });

  it('keeps the loads of a node that has left', () => {
    const frame = new RunRecord().add(1, new Map(), { ...twoNodes, goneLoads: 66 });
    expect(frame.all).toMatchObject({ keys: 1234, loads: 1300, partitions: 4096 });
  });

  it('shows rates of nothing before any time has passed', () => {
    expect(new RunRecord().add(0, new Map(), twoNodes).all).toMatchObject({
      opsPerSecond: 0,
      hitRate: undefined,
    });
  });
});
