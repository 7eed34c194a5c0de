import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { manyKeys } from '../keys.ts';
import { eventually, Machine, type Worker } from './fixtures/machine.ts';

let machine: Machine;
beforeEach(async () => {
  machine = await Machine.start();
});
afterEach(() => machine.stop());

/** Three nodes that hold their shares, and a key of the first one. */
async function threeWorkers(
  join: object,
  cache: object,
): Promise<{ owner: Worker; holder: Worker; waiter: Worker; key: string }> {
  const start = (id: string): Promise<Worker> => machine.worker(id, { join, cache });
  const [owner, holder, waiter] = [await start('a'), await start('b'), await start('c')];
  for (const worker of [owner, holder, waiter]) await worker.do('ready', 3);
  const routes = await owner.routes(manyKeys);
  return { owner, holder, waiter, key: manyKeys[routes.findIndex((route) => route.owner === 'a')]! };
}

/** The holder loads, and the two others wait for what it brings. */
async function everyoneWaits({ owner, holder, waiter, key }: Awaited<ReturnType<typeof threeWorkers>>) {
  const held = holder.try('fetchHere', key, true);
  await eventually('the holder loads', () => holder.loads.length === 1);
  const waiting = [waiter.do('fetchHere', key, false), owner.do('fetchHere', key, false)];
  // Workers take their tasks in turn, so the two have been sent.
  await Promise.all([waiter.status(), owner.status()]);
  expect([...waiter.loads, ...owner.loads]).toEqual([]);
  return { held, waiting };
}

describe('a process that holds the lease of a load', { timeout: 60_000 }, () => {
  it('and is killed: somebody who waits loads next, long before the lease would have run out', async () => {
    const workers = await threeWorkers({}, { loadLease: '1h' });
    const { owner, holder, waiter, key } = workers;
    const { waiting } = await everyoneWaits(workers);
    await holder.kill();
    const [one, two] = await Promise.all(waiting);
    expect(one).toBe(two);
    expect(one).toMatch(/^loaded at [ac]$/);
    expect([...waiter.loads, ...owner.loads]).toEqual([key]);
    expect(await waiter.do('get', key)).toBe(one);
  });

  it('and is stopped for longer than it lasts: somebody who waits loads next, and what it brings is not stored', async () => {
    // It is not removed for its silence: the lease alone ends.
    const workers = await threeWorkers({ failureAfter: '10m' }, { loadLease: '3s' });
    const { owner, holder, waiter, key } = workers;
    const { held, waiting } = await everyoneWaits(workers);
    holder.suspend();
    const [one, two] = await Promise.all(waiting);
    expect(one).toBe(two);
    expect(one).toMatch(/^loaded at [ac]$/);
    expect([...waiter.loads, ...owner.loads]).toEqual([key]);
    holder.resume();
    await holder.do('release');
    expect(await held).toMatchObject({ value: 'loaded at b' });
    for (const worker of [owner, holder, waiter]) expect(await worker.do('get', key)).toBe(one);
  });
});
