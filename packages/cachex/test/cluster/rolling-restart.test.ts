import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { describeNats, NatsServer } from '../../../router/test/nats-server.ts';
import { Machine, type WorkerOptions } from './fixtures/machine.ts';
import { rollingRestart } from './rolling-restart.ts';

/** `ROUNDS=20` restarts each process so often. */
const rounds = Number(process.env.ROUNDS ?? 1);
const ids = ['a', 'b', 'c', 'd'];

/** Here it is not the subject that a busy machine lets a process wait. */
const patient = { failureAfter: '10s', timeout: '20s' } as const;

let machine: Machine;
beforeEach(async () => {
  machine = await Machine.start();
});
afterEach(() => machine.stop());

const timeout = 60_000 + rounds * 240_000;

/** Where the processes meet is a module of fixtures/places. */
async function restartAll(
  place: { name: string; parameters: object },
  halfway: () => Promise<void> = async () => {},
): Promise<void> {
  const options = (): WorkerOptions => ({ place, join: patient });
  const found = await rollingRestart({ machine, ids, rounds, options, halfway });
  expect(found).toEqual({
    ...{ restarts: rounds * ids.length, misses: 0, stale: 0, errors: [], lost: 0, wrong: [] },
    ...{ reads: expect.any(Number), writes: expect.any(Number) },
  });
  expect(found.reads).toBeGreaterThan(10_000 * rounds);
  expect(found.writes).toBeGreaterThan(1_000 * rounds);
}

describe('four processes that meet in a directory, over Unix sockets', () => {
  it('are restarted one after another under load, and nobody misses anything', { timeout }, () =>
    restartAll({ name: 'directory', parameters: {} }),
  );
});

describeNats('four processes that meet by way of NATS, over TLS', () => {
  let server: NatsServer;
  beforeEach(async () => {
    server = await NatsServer.start();
  });
  afterEach(() => server.remove());

  it(
    'are restarted one after another under load, while the server is killed and started again, and nobody misses anything',
    {
      timeout,
    },
    () =>
      restartAll({ name: 'tls-and-nats', parameters: { servers: server.url } }, async () => {
        await server.kill();
        await server.restart();
      }),
  );
});
