import { afterEach, describe, expect, it, vi } from 'vitest';
import { createSystemClock, engineClock, systemClock } from '../../src/local/clock.ts';
import { ManualClock } from '../manual-clock.ts';
import { settle } from './an-engine.ts';

/** More often than any clock remembers what it saw. */
const manyReads = 1_000;

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe('the time of late', () => {
  it('is one at which the exact clock was, and never goes back', () => {
    const before = systemClock.now();
    let last = systemClock.recent();
    for (let n = 0; n < manyReads; n += 1) {
      const next = systemClock.recent();
      expect(next).toBeGreaterThanOrEqual(last);
      expect(next).toBeLessThanOrEqual(systemClock.now());
      last = next;
    }
    // What is held up for long within a turn sees the time go on all the same.
    expect(last).toBeGreaterThanOrEqual(Math.floor(before));
  });

  it('is not older than the turn of the event loop', async () => {
    for (let turn = 0; turn < 20; turn += 1) {
      systemClock.recent();
      const after = systemClock.now();
      await settle();
      expect(systemClock.recent()).toBeGreaterThanOrEqual(Math.floor(after));
    }
  });

  it('is exact where what is done between two reads takes long', async () => {
    await settle();
    let time = 1_000;
    vi.spyOn(performance, 'now').mockImplementation(() => time);
    const clock = createSystemClock();
    for (let n = 0; n < manyReads; n += 1) {
      expect(clock.recent()).toBe(time);
      time += 1_000;
    }
  });

  it('costs few looks at the real clock', async () => {
    await settle();
    const looks = vi.spyOn(performance, 'now');
    const clock = createSystemClock();
    for (let n = 0; n < manyReads; n += 1) clock.recent();
    expect(looks.mock.calls.length).toBeGreaterThan(0);
    expect(looks.mock.calls.length).toBeLessThan(manyReads / 10);
  });

  it('arranges for one thing only in a turn', async () => {
    await settle();
    const arranged = vi.spyOn(globalThis, 'setImmediate');
    const clock = createSystemClock();
    for (let n = 0; n < manyReads; n += 1) clock.recent();
    expect(arranged).toHaveBeenCalledTimes(1);
  });
});

describe('fake timers', () => {
  it('are followed as soon as they are there', () => {
    systemClock.recent();
    vi.useFakeTimers();
    expect(systemClock.recent()).toBe(performance.now());
    expect(systemClock.recent()).toBe(systemClock.now());
  });

  it('move the time of late by what they are advanced', () => {
    vi.useFakeTimers();
    const before = systemClock.recent();
    for (let passed = 0; passed <= 5_000; passed += 1_000) {
      expect(systemClock.recent() - before).toBe(passed);
      vi.advanceTimersByTime(1_000);
    }
  });

  it('are exact for each timer on the way', () => {
    vi.useFakeTimers();
    const before = systemClock.recent();
    const seen: number[] = [];
    for (const ms of [1, 2, 3, 50, 50, 51])
      systemClock.after(ms, () => seen.push(systemClock.recent() - before));
    vi.advanceTimersByTime(100);
    expect(seen).toEqual([1, 2, 3, 50, 50, 51]);
    expect(systemClock.recent() - before).toBe(100);
  });

  it('move it by what they are advanced asynchronously', async () => {
    vi.useFakeTimers();
    const before = systemClock.recent();
    await vi.advanceTimersByTimeAsync(250);
    expect(systemClock.recent() - before).toBe(250);
  });

  it('are forgotten as soon as they are gone', async () => {
    vi.useFakeTimers();
    systemClock.recent();
    vi.advanceTimersByTime(1_000_000_000);
    systemClock.recent();
    vi.useRealTimers();
    const before = Math.floor(performance.now());
    const recent = systemClock.recent();
    expect(recent).toBeGreaterThanOrEqual(before);
    expect(recent).toBeLessThanOrEqual(performance.now());
    await settle();
    const later = Math.floor(performance.now());
    expect(systemClock.recent()).toBeGreaterThanOrEqual(later);
  });

  it('may come and go many times in one turn', () => {
    for (let round = 0; round < 5; round += 1) {
      vi.useFakeTimers();
      const before = systemClock.recent();
      vi.advanceTimersByTime(100);
      expect(systemClock.recent() - before).toBe(100);
      vi.useRealTimers();
      const real = Math.floor(performance.now());
      expect(systemClock.recent()).toBeGreaterThanOrEqual(real);
    }
  });
});

describe('the clock of an engine', () => {
  it('remembers nothing of one that has no time of late', () => {
    const manual = new ManualClock();
    const clock = engineClock(manual);
    const before = clock.recent();
    manual.advance(5);
    expect([clock.recent() - before, clock.now() - before]).toEqual([5, 5]);
    expect(clock.wallTime()).toBe(manual.wallTime());
  });

  it('passes on timers and what is deferred', () => {
    const manual = new ManualClock();
    const clock = engineClock(manual);
    const done: string[] = [];
    clock.defer(() => done.push('deferred'));
    clock.after(10, () => done.push('never')).cancel();
    clock.after(10, () => done.push('after'));
    manual.turn();
    manual.advance(10);
    expect(done).toEqual(['deferred', 'after']);
  });

  it('is the one that was given, if that has a time of late', () => {
    expect(engineClock(systemClock)).toBe(systemClock);
  });
});
