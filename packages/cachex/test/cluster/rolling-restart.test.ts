import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Machine } from './fixtures/machine.ts';
import { rollingRestart } from './rolling-restart.ts';

/** `ROUNDS=20` restarts each process so often. */
const rounds = Number(process.env.ROUNDS ?? 1);
const ids = ['a', 'b', 'c', 'd'];

let machine: Machine;
beforeEach(async () => {
  machine = await Machine.start();
});
afterEach(() => machine.stop());

/** Where the processes meet: the name of a module of fixtures/places, and what that is told. */
const places = [['a directory, over Unix sockets', 'directory', {}]] as const;

describe.each(places)('four processes that meet in %s', (_where, name, parameters) => {
  it('are restarted one after another under load, and nobody misses anything', {
    timeout: 60_000 + rounds * 240_000,
  }, async () => {
    const place = { name, parameters };
    const found = await rollingRestart({
      ...{ machine, ids, rounds },
      // Here it is not the subject that a busy machine lets a process wait.
      options: () => ({ place, join: { failureAfter: '10s', timeout: '20s' } }),
    });
    expect(found).toEqual({
      ...{ restarts: rounds * ids.length, misses: 0, stale: 0, errors: [], lost: 0, wrong: [] },
      ...{ reads: expect.any(Number), writes: expect.any(Number) },
    });
    expect(found.reads).toBeGreaterThan(10_000 * rounds);
    expect(found.writes).toBeGreaterThan(1_000 * rounds);
  });
});
