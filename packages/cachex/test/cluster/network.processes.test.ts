import { type AddressInfo, createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { manyKeys } from '../keys.ts';
import { Machine, type Worker } from './fixtures/machine.ts';

let machine: Machine;
beforeEach(async () => {
  machine = await Machine.start();
});
afterEach(() => machine.stop());

/** A port that was free a moment ago, for each id. */
async function ports(ids: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const servers = await Promise.all(
    ids.map(async (id) => {
      const server = createServer();
      await new Promise<void>((resolve) => {
        server.listen(0, '127.0.0.1', resolve);
      });
      return [id, server] as const;
    }),
  );
  return new Map(
    await Promise.all(
      servers.map(async ([id, server]) => {
        const { port } = server.address() as AddressInfo;
        await new Promise((resolve) => server.close(resolve));
        return [id, port] as const;
      }),
    ),
  );
}

// Nobody is ever suspected: what happens after a death rests on its proof alone.
const options = { partitions: 64, backups: 1, failureAfter: '10m', secret: 'correct horse battery staple' };

describe.each(['tcp', 'tls'])('processes with fixed addresses over %s', { timeout: 120_000 }, (scheme) => {
  let at: ReadonlyMap<string, number>;
  beforeEach(async () => {
    at = await ports(['a', 'b', 'c']);
  });
  const start = (id: string): Promise<Worker> =>
    machine.worker(id, { join: { ...options, listen: `${scheme}://127.0.0.1:${at.get(id)}` } });

  it('take their places again when they were killed, and lose nothing that has a copy', async () => {
    const [a, b, c] = [await start('a'), await start('b'), await start('c')];
    for (const worker of [a, b, c]) await worker.do('backedUp', 3);
    await a.put(manyKeys, 'kept');
    await b.kill();
    const again = await start('b');
    for (const worker of [a, again, c]) await worker.do('backedUp', 3);
    for (const worker of [a, again, c])
      expect(new Set(await worker.values(manyKeys))).toEqual(new Set(['kept']));
  });

  it('begin anew when all of them were killed', async () => {
    const before = [await start('a'), await start('b')];
    await before[0]!.put(manyKeys, 'lost');
    const { birth } = await before[0]!.status();
    for (const worker of before) await worker.kill();
    const after = await Promise.all([start('a'), start('b')]);
    await after[0]!.put(manyKeys, 'new');
    expect(new Set(await after[1]!.values(manyKeys))).toEqual(new Set(['new']));
    expect((await after[1]!.status()).birth).not.toBe(birth);
  });
});
