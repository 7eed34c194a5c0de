import { describe, expect, it } from 'vitest';
import { Stopwatch, type StopwatchSettings } from '../src/stopwatch.ts';

function set(settings: Partial<StopwatchSettings> = {}) {
  const time = { now: 0, waited: 0 };
  const stopwatch = new Stopwatch({
    ...{ fewest: 10, most: 1_000, batch: 10 },
    warmUp: { operations: 100, ms: 50 },
    timed: { operations: 200, ms: 50 },
    now: () => time.now,
    waited: () => time.waited,
    ...settings,
  });
  const batch = (operations: number, ms: number, waited = 0): void => {
    stopwatch.start();
    time.now += ms;
    time.waited += waited;
    stopwatch.stop(operations);
  };
  return { stopwatch, batch };
}

describe('a stopwatch', () => {
  it('counts what follows the warm-up, until there were as many operations', () => {
    const { stopwatch, batch } = set();
    batch(100, 40);
    expect(stopwatch.done).toBe(false);
    batch(100, 1);
    expect(stopwatch.done).toBe(false);
    batch(100, 3);
    expect(stopwatch.done).toBe(true);
    expect(stopwatch.nanoseconds).toBe(20_000);
  });

  it('is done with what is slow when the time is over', () => {
    const { stopwatch, batch } = set();
    batch(10, 60);
    batch(10, 60);
    expect(stopwatch.done).toBe(true);
    expect(stopwatch.nanoseconds).toBe(6_000_000);
  });

  it('subtracts what the thread waited for a processor', () => {
    const { stopwatch, batch } = set();
    batch(100, 1);
    batch(200, 5, 3);
    expect(stopwatch.nanoseconds).toBe(10_000);
  });

  it('makes batches as large as fit into their time', () => {
    const { stopwatch, batch } = set();
    expect(stopwatch.operations).toBe(10);
    batch(10, 1);
    expect(stopwatch.operations).toBe(100);
    batch(10, 0.001);
    expect(stopwatch.operations).toBe(1_000);
    batch(10, 40);
    expect(stopwatch.operations).toBe(10);
  });
});
