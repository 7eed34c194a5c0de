import { expect, it } from 'vitest';
import { ManualClock } from '../src/testing/index.ts';
import { Turns } from '../src/turns.ts';

/** A clock that goes on by itself, and a turn that is over when it is asked to be. */
function turnOf(): { turns: Turns; pass(ms: number): void; end(): void } {
  let now = 0;
  let ends: (() => void)[] = [];
  const clock = new ManualClock();
  const turns = new Turns({
    now: () => now,
    wallTime: () => now,
    after: (ms, task) => clock.after(ms, task),
    defer: (task) => void ends.push(task),
  });
  const end = (): void => {
    for (const task of ends.splice(0)) task();
    ends = [];
  };
  return { turns, end, pass: (ms) => (now += ms) };
}

it('a turn is over soon after it has lasted two milliseconds, also where each answer takes long', () => {
  for (const each of [0.001, 0.01, 0.1, 1, 25]) {
    const { turns, pass } = turnOf();
    let passed = 0;
    do {
      pass(each);
      passed += each;
    } while (!turns.over());
    expect(passed).toBeGreaterThan(2);
    expect(passed).toBeLessThan(2 * (2 + 2 * each));
  }
});

it('another turn begins anew', () => {
  const { turns, pass, end } = turnOf();
  for (let n = 0; n < 3; n += 1) {
    let answers = 0;
    do {
      pass(0.1);
      answers += 1;
    } while (!turns.over());
    expect(answers).toBeGreaterThan(20);
    expect(turns.over()).toBe(true);
    end();
    expect(turns.over()).toBe(false);
  }
});

it('what is paced is answered in the next turn once this one is over, and failures reach who waits', async () => {
  const { turns, pass, end } = turnOf();
  for (pass(1); !turns.over(); ) pass(1);
  const told: string[] = [];
  void turns.pace(Promise.resolve('one')).then((what) => told.push(what));
  void turns.pace(Promise.reject(new Error('two'))).catch((error: Error) => told.push(error.message));
  await new Promise((resolve) => setImmediate(resolve));
  expect(told).toEqual([]);
  end();
  await new Promise((resolve) => setImmediate(resolve));
  expect(told.sort()).toEqual(['one', 'two']);
});
