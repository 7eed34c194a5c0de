import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Timer } from '../../src/clock.ts';
import { ManualClock } from '../../src/testing/index.ts';

/** Settles after so many promises in a row. */
async function hops(count: number): Promise<void> {
  for (let n = 0; n < count; n += 1) await undefined;
}

describe('ManualClock', () => {
  it('runs what falls due by its time and then in the order of asking, whatever was cancelled', async () => {
    const waits = fc.array(fc.tuple(fc.nat({ max: 5 }), fc.boolean()), { maxLength: 200 });
    await fc.assert(
      fc.asyncProperty(waits, async (chosen) => {
        const clock = new ManualClock();
        const ran: number[] = [];
        const timers: Timer[] = chosen.map(([ms], index) => clock.after(ms, () => ran.push(index)));
        for (const [index, [, keep]] of chosen.entries()) if (!keep) timers[index]!.cancel();
        expect(clock.waiting).toBe(chosen.filter(([, keep]) => keep).length);
        await clock.advance(5);
        const due = chosen.flatMap(([ms, keep], index) => (keep ? [{ ms, index }] : []));
        expect(ran).toEqual(due.sort((a, b) => a.ms - b.ms).map(({ index }) => index));
        expect([clock.waiting, clock.now()]).toEqual([0, 5]);
      }),
    );
  });

  it('cancels at any time, from within a task as well', async () => {
    const clock = new ManualClock();
    const ran: string[] = [];
    const timers: Timer[] = [];
    clock.after(1, () => {
      ran.push('first');
      for (const timer of timers) timer.cancel();
    });
    timers.push(clock.after(1, () => ran.push('cancelled')));
    timers.push(clock.after(2, () => ran.push('cancelled')));
    timers.push(clock.after(0, () => ran.push('over already')));
    clock.after(2, () => ran.push('last'));
    await clock.advance(3);
    expect(ran).toEqual(['over already', 'first', 'last']);
  });

  it('lets every promise settle that can before the next task runs', async () => {
    const clock = new ManualClock();
    const ran: string[] = [];
    const task = async (name: string): Promise<void> => {
      await hops(100);
      await new Promise<void>((resolve) => process.nextTick(resolve));
      await new Promise<void>((resolve) => queueMicrotask(resolve));
      await hops(100);
      ran.push(`${name} settled`);
    };
    const names = Array.from({ length: 300 }, (_, n) => `${n}`);
    for (const name of names) {
      clock.after(1, () => {
        ran.push(name);
        void task(name);
      });
    }
    void task('before');
    await clock.advance(1);
    expect(ran).toEqual(['before settled', ...names.flatMap((name) => [name, `${name} settled`])]);
  });

  it('runs no task more once the work has ended', async () => {
    const clock = new ManualClock();
    const ran: string[] = [];
    const work = new Promise<string>((resolve) => {
      clock.after(1, () => void hops(100).then(() => resolve('done')));
    });
    clock.after(1, () => ran.push('too late'));
    expect(await clock.run(work)).toBe('done');
    expect([ran, clock.now(), clock.waiting]).toEqual([[], 1, 1]);
  });

  it('keeps the order, and lets promises settle, when several wait for time to pass', async () => {
    const clock = new ManualClock();
    const ran: number[] = [];
    const works = Array.from({ length: 300 }, (_, n) => {
      const work = new Promise<void>((resolve) => void clock.after(n, resolve));
      return work.then(() => hops(100)).then(() => ran.push(n));
    });
    await Promise.all([clock.run(works[299]), clock.advance(250), clock.run(works[200])]);
    expect(ran).toEqual(works.map((_, n) => n));
  });

  it('never goes back when one who waits for time to pass is overtaken by another', async () => {
    const clock = new ManualClock();
    let latest = 0;
    for (let n = 0; n < 300; n += 1) {
      clock.after(n, () => {
        latest = n;
      });
    }
    const all = clock.advance(300);
    const behind: number[] = [];
    const some = Array.from({ length: 200 }, async (_, n) => {
      await clock.advance(n);
      if (clock.now() < latest) behind.push(n);
    });
    await Promise.all([all, ...some]);
    expect(behind).toEqual([]);
  });

  it('goes on after a task or the work has failed', async () => {
    const clock = new ManualClock();
    const ran: string[] = [];
    clock.after(1, () => {
      throw new Error('a broken task');
    });
    clock.after(1, () => ran.push('next'));
    await expect(clock.advance(5)).rejects.toThrow('a broken task');
    expect([ran, clock.now()]).toEqual([[], 1]);
    await clock.advance(5);
    expect([ran, clock.now()]).toEqual([['next'], 6]);
    await expect(clock.run(Promise.reject(new Error('broken work')))).rejects.toThrow('broken work');
  });

  it('says so when the work will never end, or takes too long', async () => {
    const clock = new ManualClock();
    const never = new Promise<void>(() => {});
    clock.after(1, () => {});
    await expect(clock.run(never)).rejects.toThrow('never happen');
    const again = (): void => void clock.after(10, again);
    again();
    await expect(clock.run(never, 100)).rejects.toThrow('within 100 ms');
  });

  it('counts the tasks that have run', async () => {
    const clock = new ManualClock();
    for (const ms of [1, 2, 2, 3]) clock.after(ms, () => {});
    clock.after(1, () => {}).cancel();
    clock.defer(() => {});
    expect(clock.steps).toBe(0);
    await clock.advance(2);
    expect(clock.steps).toBe(4);
  });

  it('can be stopped after each task, when the promises of that have settled', async () => {
    const clock = new ManualClock();
    const ran: (string | number)[] = [];
    for (const name of ['a', 'b']) clock.after(1, () => void hops(100).then(() => ran.push(name)));
    clock.onStep = (step) => {
      ran.push(step);
      void hops(100).then(() => ran.push(`${step} settled`));
    };
    await clock.advance(1);
    expect(ran).toEqual(['a', 1, '1 settled', 'b', 2, '2 settled']);
    clock.onStep = undefined;
    clock.defer(() => {});
    await clock.advance(1);
    clock.onStep = (step) => ran.push(step);
    clock.defer(() => {});
    await clock.advance(1);
    expect(ran.slice(6)).toEqual([4]);
  });
});
