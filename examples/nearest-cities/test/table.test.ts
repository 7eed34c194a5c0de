import { describe, expect, it } from 'vitest';
import type { Frame, FrameRow } from '../src/run-record.ts';
import { renderLine, renderTable } from '../src/table.ts';

const idle: FrameRow = {
  keys: 0,
  loads: 0,
  partitions: 0,
  opsPerSecond: 0,
  hitRate: undefined,
  p50: undefined,
  p99: undefined,
};
const busy: FrameRow = {
  keys: 1234,
  loads: 1300,
  partitions: 4096,
  opsPerSecond: 4567.8,
  hitRate: 0.99996,
  p50: 0.123,
  p99: 45.67,
};
const frame: Frame = {
  seconds: 7.4,
  rows: [
    { id: 'a', port: 41123, ...busy },
    { id: 'b', port: 8000, ...idle },
    { id: 'c', port: 0, ...idle },
  ],
  all: busy,
};

describe('renderTable', () => {
  it('has a row a node, also one that does not serve yet, and one for all', () => {
    expect(renderTable(frame)).toEqual([
      'node   port  partitions   keys   ops/s  hit rate       p50       p99  loads',
      'a     41123       4,096  1,234   4,568    99.9 %   0.12 ms   45.7 ms  1,300',
      'b      8000           0      0       0         -         -         -      0',
      'c         -           0      0       0         -         -         -      0',
      'all               4,096  1,234   4,568    99.9 %   0.12 ms   45.7 ms  1,300',
    ]);
  });
});

describe('renderLine', () => {
  it('says the same in one line', () => {
    expect(renderLine(frame)).toBe(
      '7 s | 4,568 ops/s | hit rate 99.9 % | p50 0.12 ms | p99 45.7 ms | loads 1,300 | keys a 1,234, b 0, c 0',
    );
  });
});
