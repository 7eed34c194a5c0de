import { describe, expect, it } from 'vitest';
import { type DriveSettings, drive } from '../../src/remote/drive.ts';
import { atLeast } from '../../src/remote/length.ts';

/** A clock that a test moves, and operations that it answers. */
class Scene {
  time = 0;
  readonly pending: { n: number; answer: (value: unknown) => void; fail: (error: Error) => void }[] = [];
  readonly tasks: { at: number; task: () => void }[] = [];
  readonly marks: number[] = [];
  turns = 0;

  settings(overrides: Partial<DriveSettings>): DriveSettings {
    return {
      operate: (n) =>
        new Promise((resolve, reject) => this.pending.push({ n, answer: resolve, fail: reject })),
      check() {},
      ...{ inFlight: 2, watched: 1, turn: 256, warmUp: (_, ms) => ms >= 20, timed: (_, ms) => ms >= 30 },
      mark: () => this.marks.push(this.time),
      now: () => this.time,
      after: (ms, task) => void this.tasks.push({ at: this.time + ms, task }),
      yield: (goOn) => {
        this.turns += 1;
        goOn();
      },
      ...overrides,
    };
  }

  /** Lets time pass, then answers what is under way. */
  async step(ms: number, value: unknown = 'there'): Promise<number[]> {
    this.time += ms;
    const due = this.tasks.filter(({ at }) => at <= this.time);
    for (const one of due) this.tasks.splice(this.tasks.indexOf(one), 1);
    for (const { task } of due) task();
    const answered = this.pending.splice(0);
    for (const { answer } of answered) answer(value);
    await new Promise((resolve) => setImmediate(resolve));
    return answered.map(({ n }) => n);
  }
}

describe('a load', () => {
  it('keeps as many operations under way as it is told, and each answer begins the next one', async () => {
    const scene = new Scene();
    void drive(scene.settings({ inFlight: 3 }));
    expect(await scene.step(1)).toEqual([0, 1, 2]);
    expect(await scene.step(1)).toEqual([3, 4, 5]);
  });

  it('counts what is answered after it has warmed up, and the time of those that are watched', async () => {
    const scene = new Scene();
    const driven = drive(scene.settings({}));
    for (let n = 0; n < 5; n += 1) await scene.step(10);
    expect(scene.marks).toEqual([20, 50]);
    // Those under way at the end are waited for, and not counted.
    expect(scene.pending).toEqual([]);
    const { operations, ms, latencies } = await driven;
    expect({ operations, ms, latencies }).toEqual({ operations: 6, ms: 30, latencies: [10, 10, 10] });
  });

  it('fails with the first operation that does, and begins no more', async () => {
    const scene = new Scene();
    const driven = drive(scene.settings({}));
    scene.pending.splice(0, 1)[0]!.fail(new Error('gone'));
    await expect(driven).rejects.toThrow('gone');
    expect(await scene.step(1)).toEqual([1]);
    expect(scene.pending).toEqual([]);
  });

  it('fails with the first answer that is refused', async () => {
    const scene = new Scene();
    const driven = drive(
      scene.settings({
        check(n, answer) {
          if (answer !== 'there') throw new Error(`${n} is wrong`);
        },
      }),
    );
    const refused = expect(driven).rejects.toThrow('0 is wrong');
    await scene.step(1, 'elsewhere');
    await refused;
    expect(scene.pending).toEqual([]);
  });

  it('lets timers run between operations that are answered at once', async () => {
    const scene = new Scene();
    let waiting: (() => void)[] = [];
    const driven = drive(
      scene.settings({
        ...{ operate: async () => 'there', inFlight: 1, warmUp: () => true, timed: () => true },
        yield: (goOn) => void waiting.push(goOn),
      }),
    );
    for (let turn = 0; turn < 3; turn += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      const [goOn] = waiting;
      waiting = [];
      await scene.step(10);
      goOn?.();
    }
    expect((await driven).operations).toBe(256);
  });
});

describe('a length', () => {
  const phase = atLeast({ ms: 100, operations: 1_000, atMost: 500 });

  it('is over after the time and the operations', () => {
    expect(phase(1_000, 99)).toBe(false);
    expect(phase(999, 100)).toBe(false);
    expect(phase(1_000, 100)).toBe(true);
  });

  it('does not wait for operations for ever', () => {
    expect(phase(0, 499)).toBe(false);
    expect(phase(0, 500)).toBe(true);
  });
});
