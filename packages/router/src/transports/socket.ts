import { chmod, lstat, readdir, rename, unlink } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import { RouterError } from '../errors.ts';
import {
  ConnectError,
  type Connection,
  type ConnectionHandlers,
  type Listener,
  type Transport,
} from '../transport.ts';

/** Longer paths do not fit the address of a Unix socket on every system. */
const longestPath = 99;

const scheme = 'unix:';

/**
 * Unix sockets; an address is `unix:` and a path. Only this user may connect: the file gets mode 0600.
 *
 * A process that ends in whatever way, short of closing its listener, leaves a socket file that refuses: the proof of its
 * death. Node removes the file that it bound even when a process merely exits, so a socket is bound under another name
 * and then given its own.
 */
export function socketTransport(): Transport {
  return { name: 'socket', listen, connect: dial };
}

/** What is added to the name under which a socket is bound. */
const boundAs = '~';

async function listen(address: string, accept: (connection: Connection) => void): Promise<Listener> {
  const path = pathOf(address);
  const server = createServer((socket) => accept(new SocketConnection(socket)));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path + boundAs, resolve);
  });
  server.unref();
  // Running out of descriptors fails one accept; the listener goes on.
  server.on('error', () => {});
  try {
    // Whoever else wants this path cannot bind meanwhile, so what refuses now is not taken by another before it is replaced.
    if (await taken(path)) throw new Error(`${path} is there already: another process may be listening`);
    await chmod(path + boundAs, 0o600);
    await rename(path + boundAs, path);
  } catch (error) {
    server.close();
    throw error;
  }
  return {
    address,
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
async function taken(path: string): Promise<boolean> {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return false;
  if (!found.isSocket()) return true;
  try {
    (await dial(scheme + path)).close();
    return true;
  } catch (error) {
    return !(error instanceof ConnectError && error.dead);
  }
}

async function dial(address: string, options?: { signal?: AbortSignal }): Promise<Connection> {
  const path = pathOf(address);
  return new Promise((resolve, reject) => {
    const socket = connect({ path, ...(options?.signal === undefined ? {} : { signal: options.signal }) });
    const fail = (cause: NodeJS.ErrnoException): void => {
      // Refused: the file is there and no process holds it open. A missing file (ENOENT) proves nothing.
      reject(
        new ConnectError(`cannot connect to ${path}: ${cause.message}`, {
          dead: cause.code === 'ECONNREFUSED',
          cause,
        }),
      );
    };
    socket.once('error', fail);
    socket.once('connect', () => {
      socket.off('error', fail);
      resolve(new SocketConnection(socket));
    });
  });
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
    if (!/\.sock~?$/.test(name) || used.has(scheme + path)) continue;
    try {
      const found = await lstat(path);
      if (!found.isSocket() || clock.wallTime() - found.mtimeMs < youth) continue;
      (await dial(scheme + path)).close();
    } catch (error) {
      // Somebody else may have been faster.
      if (error instanceof ConnectError && error.dead) await unlink(path).catch(() => {});
    }
  }
}

function pathOf(address: string): string {
  const path = address.slice(scheme.length);
  if (!address.startsWith(scheme) || path === '') {
    throw new RouterError(
      'INVALID_OPTION',
      `'${address}' is not an address of the socket transport: use unix:/a/path`,
    );
  }
  if (Buffer.byteLength(path) > longestPath) {
    throw new RouterError(
      'INVALID_OPTION',
      `the socket path ${path} is longer than ${longestPath} bytes: choose a shorter directory`,
    );
  }
  return path;
}

class SocketConnection implements Connection {
  readonly #socket: Socket;
  #closed = false;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.unref();
    // The close event follows and tells the owner of this connection.
    socket.on('error', () => {});
  }

  get pending(): number {
    return this.#socket.writableLength;
  }

  handle(handlers: ConnectionHandlers): void {
    this.#socket.on('data', (chunk: Buffer) => {
      if (!this.#closed) handlers.data(chunk);
    });
    this.#socket.once('close', () => handlers.close());
  }

  keepAlive(active: boolean): void {
    if (active) this.#socket.ref();
    else this.#socket.unref();
  }

  send(bytes: Uint8Array): void {
    if (!this.#closed && this.#socket.writable) this.#socket.write(bytes);
  }

  close(): void {
    this.#closed = true;
    // What was sent goes out first: a refusal is worth nothing if its reason is cut off.
    this.#socket.destroySoon();
  }
}
