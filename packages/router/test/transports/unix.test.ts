import { spawn } from 'node:child_process';
import { chmod, mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock, transportSuite } from '../../src/testing/index.ts';
import { ConnectError } from '../../src/transport.ts';
import { socketTransport } from '../../src/transports/socket.ts';
import { sweepSockets } from '../../src/transports/unix.ts';

async function emptyDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'cx-'));
  await chmod(directory, 0o700);
  return directory;
}

transportSuite({ describe, it }, 'unix', async () => {
  const directory = await emptyDirectory();
  let count = 0;
  return {
    transport: socketTransport(),
    address: () => `unix:${directory}/${count++}.sock`,
    close: () => rm(directory, { recursive: true }),
  };
});

let directory: string;
beforeEach(async () => {
  directory = await emptyDirectory();
});
afterEach(() => rm(directory, { recursive: true }));

/** A socket file whose process is gone. */
async function orphan(name: string): Promise<string> {
  const path = join(directory, name);
  const source =
    "require('node:net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))";
  const child = spawn(process.execPath, ['-e', source, path], { stdio: 'ignore' });
  await new Promise((resolve) => child.once('exit', resolve));
  return path;
}

describe('a Unix socket', () => {
  it('lets nobody but this user connect', async () => {
    const path = join(directory, 'a.sock');
    const listener = await socketTransport().listen(`unix:${path}`, () => {});
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    await listener.close();
    expect(await readdir(directory)).toEqual([]);
  });

  it('refuses addresses that are no paths, or too long for a socket', async () => {
    const { listen, connect } = socketTransport();
    for (const address of ['/tmp/a.sock', 'unix:', `unix:/${'x'.repeat(99)}`, `unix:/${'ü'.repeat(50)}`]) {
      await expect(listen(address, () => {})).rejects.toMatchObject({ code: 'INVALID_OPTION' });
      await expect(connect(address)).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    }
    await expect(connect(`unix:/${'x'.repeat(98)}`)).rejects.toBeInstanceOf(ConnectError);
  });

  it('listens where a process that is gone has left its socket, and nowhere else where something is', async () => {
    const path = await orphan('a.sock');
    const listener = await socketTransport().listen(`unix:${path}`, () => {});
    (await socketTransport().connect(`unix:${path}`)).close();
    await expect(socketTransport().listen(`unix:${path}`, () => {})).rejects.toThrow('is there already');
    (await socketTransport().connect(`unix:${path}`)).close();
    await listener.close();
    await writeFile(path, 'a letter');
    await expect(socketTransport().listen(`unix:${path}`, () => {})).rejects.toThrow('is there already');
    expect(await readdir(directory)).toEqual(['a.sock']);
  });

  it('lets one of several listen that come at once where a socket was left', async () => {
    const path = await orphan('a.sock');
    const racers = Array.from({ length: 10 }, () => socketTransport().listen(`unix:${path}`, () => {}));
    const won = (await Promise.allSettled(racers)).filter(({ status }) => status === 'fulfilled');
    expect(won).toHaveLength(1);
    (await socketTransport().connect(`unix:${path}`)).close();
    await (won[0] as PromiseFulfilledResult<{ close(): Promise<void> }>).value.close();
  });

  it('takes a socket that refuses as a proof of death, and a missing one not', async () => {
    const path = await orphan('gone.sock');
    await expect(socketTransport().connect(`unix:${path}`)).rejects.toMatchObject({ dead: true });
    await expect(socketTransport().connect(`unix:${path}-never`)).rejects.toMatchObject({ dead: false });
  });

  it('leaves such a proof when a listener is abandoned, and none when it is closed', async () => {
    const { listen, connect } = socketTransport();
    const [abandoned, closed] = [`unix:${directory}/abandoned.sock`, `unix:${directory}/closed.sock`];
    await (await listen(abandoned, () => {})).abandon();
    await (await listen(closed, () => {})).close();
    await expect(connect(abandoned)).rejects.toMatchObject({ dead: true });
    await expect(connect(closed)).rejects.toMatchObject({ dead: false });
  });

  it('stops connecting when it is told to', async () => {
    const connecting = socketTransport().connect(`unix:${directory}/a.sock`, { signal: AbortSignal.abort() });
    await expect(connecting).rejects.toMatchObject({ name: 'ConnectError', dead: false });
  });
});

describe('sweepSockets', () => {
  const clock = new ManualClock();

  async function aged(path: string, ms = 61_000): Promise<void> {
    const then = new Date(clock.wallTime() - ms);
    await utimes(path, then, then);
  }

  it('removes the old sockets of processes that are gone, and nothing else', async () => {
    const [dead, young, used] = [
      await orphan('dead.sock'),
      await orphan('young.sock'),
      await orphan('used.sock'),
    ];
    await aged(dead);
    await aged(young, 59_000);
    await aged(used);
    const live = join(directory, 'live.sock');
    const server = createServer().listen(live);
    await new Promise((resolve) => server.once('listening', resolve));
    await aged(live);
    for (const name of ['notes.txt', 'file.sock']) {
      await writeFile(join(directory, name), 'mine');
      await aged(join(directory, name));
    }
    await sweepSockets(directory, new Set([`unix:${used}`]), clock);
    expect((await readdir(directory)).sort()).toEqual([
      'file.sock',
      'live.sock',
      'notes.txt',
      'used.sock',
      'young.sock',
    ]);
    await new Promise((resolve) => server.close(resolve));
  });

  it('can be done by several at once', async () => {
    for (let n = 0; n < 3; n += 1) await aged(await orphan(`${n}.sock`));
    await Promise.all(Array.from({ length: 4 }, () => sweepSockets(directory, new Set(), clock)));
    expect(await readdir(directory)).toEqual([]);
  });
});
