import { type FSWatcher, watch } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Clock, systemClock } from '../../src/clock.ts';
import { directoryStore } from '../../src/view-stores/directory.ts';
import { firstView } from '../arbitraries.ts';

vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>();
  return { ...fs, watch: vi.fn(fs.watch) };
});
vi.mock('node:fs/promises', async (original) => {
  const fs = await original<typeof import('node:fs/promises')>();
  return { ...fs, readdir: vi.fn(fs.readdir) };
});

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'views-'));
});

afterEach(async () => {
  vi.resetAllMocks();
  await rm(directory, { recursive: true });
});

async function advance(from: number, to: number): Promise<void> {
  const other = directoryStore({ directory });
  for (let epoch = from; epoch < to; epoch += 1) {
    await other.compareAndSet(epoch, { ...firstView(8), epoch: epoch + 1 });
  }
  await other.close();
}

interface Round {
  readonly ms: number;
  task(): void;
  cancelled: boolean;
}

/** A clock that keeps the timers it was asked for until the test fires them. */
function heldClock(): { clock: Clock; nextRound(): Promise<Round>; pending(): Round[] } {
  const rounds: Round[] = [];
  let set: () => void = () => {};
  let taken = 0;
  const clock: Clock = {
    ...systemClock,
    after: (ms, task) => {
      const round = { ms, task, cancelled: false };
      rounds.push(round);
      set();
      return {
        cancel: () => {
          round.cancelled = true;
        },
      };
    },
  };
  return {
    clock,
    async nextRound() {
      while (rounds.length <= taken) {
        await new Promise<void>((resolve) => {
          set = resolve;
        });
      }
      taken += 1;
      return rounds[taken - 1]!;
    },
    pending: () => rounds.filter((round) => !round.cancelled),
  };
}

describe('watching a directory', () => {
  const noEvents = (): never => {
    throw Object.assign(new Error('no inotify watches left'), { code: 'ENOSPC' });
  };

  it('finds new views by looking each second when there are no events', async () => {
    vi.mocked(watch).mockImplementation(noEvents);
    const { clock, nextRound } = heldClock();
    const store = directoryStore({ directory, clock });
    let hints = 0;
    store.watch(() => {
      hints += 1;
    });
    const first = await nextRound();
    expect(first.ms).toBe(1000);
    expect(hints).toBe(0);
    await advance(0, 2);
    expect(hints).toBe(0);
    first.task();
    const second = await nextRound();
    expect(hints).toBe(1);
    second.task();
    const third = await nextRound();
    expect(hints).toBe(1);
    await advance(2, 3);
    third.task();
    await nextRound();
    expect(hints).toBe(2);
    await store.close();
  });

  it('goes on looking after the events fail', async () => {
    const { clock, nextRound } = heldClock();
    const store = directoryStore({ directory, clock, poll: 50 });
    let hints = 0;
    store.watch(() => {
      hints += 1;
    });
    const round = await nextRound();
    expect(round.ms).toBe(50);
    const events = vi.mocked(watch).mock.results[0]!.value as FSWatcher;
    events.emit('error', new Error('gone'));
    await advance(0, 1);
    round.task();
    await nextRound();
    expect(hints).toBe(1);
    await store.close();
  });

  it('survives an outage of the directory', async () => {
    vi.mocked(watch).mockImplementation(noEvents);
    const { clock, nextRound } = heldClock();
    const store = directoryStore({ directory, clock });
    let hints = 0;
    store.watch(() => {
      hints += 1;
    });
    let round = await nextRound();
    await advance(0, 1);
    vi.mocked(readdir).mockRejectedValueOnce(new Error('EIO'));
    round.task();
    round = await nextRound();
    expect(hints).toBe(0);
    round.task();
    await nextRound();
    expect(hints).toBe(1);
    await store.close();
  });

  it('keeps no timer and no watcher after the end', async () => {
    const { clock, nextRound, pending } = heldClock();
    const store = directoryStore({ directory, clock });
    const stop = store.watch(() => {});
    store.watch(() => {});
    await nextRound();
    await nextRound();
    const closed = vi.mocked(watch).mock.results.map(({ value }) => vi.spyOn(value as FSWatcher, 'close'));
    expect(closed).toHaveLength(2);
    stop();
    await store.close();
    for (const close of closed) expect(close).toHaveBeenCalled();
    expect(pending()).toEqual([]);
  });
});
