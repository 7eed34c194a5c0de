import { describe, expect, it } from 'vitest';
import { Pauses, type Span } from '../src/pauses.ts';

function set(told = true) {
  const time = { now: 0, ran: 0, waited: 0 };
  let collected = (_span: Span): void => {};
  const pauses = new Pauses({
    now: () => time.now,
    times: () => (told ? { ran: time.ran, waited: time.waited } : undefined),
    observe(listener) {
      collected = listener;
      return () => {};
    },
  });
  /** A slice in which the thread runs, then waits for a processor, then is not there, for so many ms. */
  const slice = (ran: number, waited = 0, lost = 0): Span => {
    const from = time.now;
    pauses.slice(() => {
      time.now += ran + waited + lost;
      time.ran += ran;
      time.waited += waited;
    });
    return { from, to: time.now };
  };
  return { pauses, slice, collect: (span: Span) => collected(span) };
}

describe('the longest block', () => {
  it('is the longest slice', async () => {
    const { pauses, slice } = set();
    for (const ms of [3, 12, 0.1, 7]) slice(ms);
    expect(await pauses.longest()).toBe(12);
  });

  it('is known of short slices as well', async () => {
    const { pauses, slice } = set();
    for (const ms of [0.25, 0.125]) slice(ms);
    expect(await pauses.longest()).toBe(0.25);
  });

  it('leaves out what the garbage collector took of a slice', async () => {
    const { pauses, slice, collect } = set();
    slice(5);
    const { from, to } = slice(50);
    collect({ from: from + 2, to: to - 4 });
    slice(3);
    expect(await pauses.longest()).toBe(6);
  });

  it('leaves out the time for which the thread waited, or was not there', async () => {
    const { pauses, slice } = set();
    slice(8, 30);
    expect(await pauses.longest()).toBe(8);
    slice(6, 0, 90);
    // What a thread has run is known to a tick.
    expect(await pauses.longest()).toBe(10);
  });

  it('is what the clock says where the system tells nothing', async () => {
    const { pauses, slice } = set(false);
    slice(8, 30);
    expect(await pauses.longest()).toBe(38);
  });
});
