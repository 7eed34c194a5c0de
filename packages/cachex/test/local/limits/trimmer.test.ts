import { beforeEach, describe, expect, it } from 'vitest';
import { Trimmer } from '../../../src/local/limits/trimmer.ts';
import { ManualClock } from '../../manual-clock.ts';

let clock: ManualClock;
let surplus: number;
let trimmer: Trimmer;
beforeEach(() => {
  clock = new ManualClock();
  surplus = 100;
  trimmer = new Trimmer(clock, () => {
    if (surplus === 0) return false;
    surplus -= 1;
    return true;
  });
});

describe('a trimmer', () => {
  it('does nothing at once', () => {
    trimmer.start();
    expect([surplus, trimmer.running, clock.deferred]).toEqual([100, true, 1]);
  });

  it('removes until there is no more, where that takes no time', () => {
    trimmer.start();
    clock.turn();
    expect([surplus, trimmer.running, clock.deferred]).toEqual([0, false, 0]);
  });

  it('lets others run after a millisecond', () => {
    clock.costOfRead = 1;
    trimmer.start();
    for (const left of [68, 36, 4]) {
      clock.turn();
      expect([surplus, trimmer.running, clock.deferred]).toEqual([left, true, 1]);
    }
    clock.turn();
    expect([surplus, trimmer.running, clock.deferred]).toEqual([0, false, 0]);
  });

  it('that is started twice runs once, and again later', () => {
    trimmer.start();
    trimmer.start();
    expect(clock.deferred).toBe(1);
    clock.turn();
    surplus = 5;
    trimmer.start();
    clock.turn();
    expect(surplus).toBe(0);
  });

  it('that is closed removes nothing more, and does not start', () => {
    clock.costOfRead = 1;
    trimmer.start();
    clock.turn();
    trimmer.close();
    clock.turn();
    expect([surplus, trimmer.running, clock.deferred]).toEqual([68, false, 0]);
    trimmer.start();
    expect([trimmer.running, clock.deferred]).toEqual([false, 0]);
  });
});
