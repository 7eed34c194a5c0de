import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { socketTransport } from '../../src/transports/socket.ts';

let directory: string;
let primary: ChildProcess | undefined;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cx-'));
});
afterEach(async () => {
  if (primary?.exitCode === null) {
    primary.kill('SIGKILL');
    await once(primary, 'exit');
  }
  await rm(directory, { recursive: true });
});

const transport = new URL('../../dist/transports/socket.js', import.meta.url).href;

/** Two workers of node:cluster that listen at an address, one after the other; the primary tells what came of it. */
async function workers(address: string): Promise<{ pid?: number; address?: string; error?: string }[]> {
  const source = `
    import cluster from 'node:cluster';
    import { socketTransport } from '${transport}';
    if (cluster.isPrimary) {
      const said = [];
      const next = () => cluster.fork().on('message', (told) => {
        said.push(told);
        if (said.length === 2) process.send(said);
        else next();
      });
      next();
    } else {
      const listening = socketTransport().listen('${address}', () => {});
      process.send(await listening.then(
        (listener) => (listener.keepAlive(true), { pid: process.pid, address: listener.address }),
        (error) => ({ error: error.message }),
      ));
    }`;
  const program = join(directory, 'workers.mjs');
  await writeFile(program, source);
  primary = fork(program, { execArgv: [] });
  const [said] = await once(primary, 'message');
  return said as [];
}

describe('a worker of node:cluster', () => {
  it('leaves the proof of its death, although its primary lives', async () => {
    const address = `unix:${directory}/a.sock`;
    const [first, second] = await workers(address);
    expect(second!.error).toContain('is there already');
    const { connect } = socketTransport();
    (await connect(address)).close();
    process.kill(first!.pid!, 'SIGKILL');
    // Whoever is just connecting when it dies is cut off, which proves nothing.
    for (let proved = false; !proved; ) {
      await connect(address).then(
        (connection) => connection.close(),
        ({ dead }: { dead: boolean }) => {
          proved = dead;
        },
      );
    }
    expect(primary!.exitCode).toBe(null);
  });

  it('does not share its port with another', async () => {
    const [any] = await workers('tcp://127.0.0.1:0');
    primary!.kill('SIGKILL');
    await once(primary!, 'exit');
    const [first, second] = await workers(any!.address!);
    expect([first!.address, second!.error]).toEqual([any!.address, expect.stringContaining('EADDRINUSE')]);
  });
});
