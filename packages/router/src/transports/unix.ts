import { chmod, lstat, readdir, rename, unlink } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import { ConnectError, type Connection, type Listener } from '../transport.ts';
import { type Attempt, opened, SocketConnection } from './socket-connection.ts';

/** What is added to the name under which a socket is bound. */
const boundAs = '~';

/**
 * Listens at a path. Only this user may connect: the file gets mode 0600.
 *
 * A process that ends in whatever way, short of closing its listener, leaves a socket file that refuses: the proof of its
 * death. Node removes the file that it bound even when a process merely exits, so a socket is bound under another name
 * and then given its own.
 */
export async function listenUnix(
  path: string,
  clock: Clock,
  accept: (connection: Connection) => void,
): Promise<Listener> {
  const server = createServer((socket) => accept(new SocketConnection(socket, clock)));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    // Exclusive: for a worker of node:cluster the primary would listen, and go on when the worker is dead.
    server.listen({ path: path + boundAs, exclusive: true }, resolve);
  });
  server.unref();
  // Running out of descriptors fails one accept; the listener goes on.
  server.on('error', () => {});
  try {
    // Whoever else wants this path cannot bind meanwhile, so what refuses now is not taken by another before it is replaced.
    if (await taken(path, clock))
      throw new Error(`${path} is there already: another process may be listening`);
    await chmod(path + boundAs, 0o600);
    await rename(path + boundAs, path);
  } catch (error) {
    server.close();
    throw error;
  }
  return {
    address: `unix:${path}`,
    keepAlive: (active) => (active ? server.ref() : server.unref()),
    // Its connections are not waited for: they belong to those who accepted them, and may have answers to send.
    async close() {
      server.close();
      await unlink(path).catch(() => {});
    },
    async abandon() {
      server.close();
    },
  };
}

/** Whether something is at a path, other than the socket of a process that is proved to be gone. */
async function taken(path: string, clock: Clock): Promise<boolean> {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return false;
  if (!found.isSocket()) return true;
  try {
    (await dialUnix(path, clock)).close();
    return true;
  } catch (error) {
    return !(error instanceof ConnectError && error.dead);
  }
}

export async function dialUnix(path: string, clock: Clock, signal?: AbortSignal): Promise<Connection> {
  const socket = connect({ path });
  const attempt: Attempt = {
    address: path,
    clock,
    signal,
    // Refused: the file is there and no process holds it open. A missing file (ENOENT) proves nothing.
    explain: ({ code }) => ({ dead: code === 'ECONNREFUSED' }),
  };
  await opened(socket, attempt, (done) => void socket.once('connect', done));
  return new SocketConnection(socket, clock);
}

/** A socket younger than this may be one that is just being opened. In ms. */
const youth = 60_000;

/** Removes the sockets in `directory` that processes left behind when they died. Those in `used` are not touched. */
export async function sweepSockets(
  directory: string,
  used: ReadonlySet<string>,
  clock: Clock,
): Promise<void> {
  for (const name of await readdir(directory)) {
    const path = join(directory, name);
    if (!/\.sock~?$/.test(name) || used.has(`unix:${path}`)) continue;
    try {
      const found = await lstat(path);
      if (!found.isSocket() || clock.wallTime() - found.mtimeMs < youth) continue;
      (await dialUnix(path, clock)).close();
    } catch (error) {
      // Somebody else may have been faster.
      if (error instanceof ConnectError && error.dead) await unlink(path).catch(() => {});
    }
  }
}
