import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type NetConnectOpts } from 'node:net';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { endHelper, startWorker } from './helper.ts';
import type { Place, Places } from './places.ts';
import { temporaryFolder } from './temporary-folder.ts';

const keeper = new URL('./keeper.js', import.meta.url);
/** How long a server may take to listen, in ms, and how often it is looked for. */
const patience = 10_000;
const pause = 20;

/** The servers of a run, started by it and ended with it. */
export class Servers {
  readonly places: Places;
  readonly #keepers: readonly ChildProcess[];
  readonly #remove: () => void;

  private constructor(places: Places, keepers: readonly ChildProcess[], remove: () => void) {
    this.places = places;
    this.#keepers = keepers;
    this.#remove = remove;
  }

  /** Starts those that are installed; tells about the others. */
  static async start(progress: (text: string) => void): Promise<Servers> {
    const { folder, remove } = temporaryFolder();
    const keepers: ChildProcess[] = [];
    const places: Record<string, Place> = {};
    const socket = join(folder, 'redis.sock');
    const commands = {
      redis: (port: number) => [
        ...['redis-server', '--port', `${port}`, '--bind', '127.0.0.1', '--unixsocket', socket],
        ...['--save', '', '--appendonly', 'no', '--dir', folder],
      ],
      nats: (port: number) => ['nats-server', '--addr', '127.0.0.1', '--port', `${port}`],
    };
    for (const [name, commandOf] of Object.entries(commands)) {
      const port = await freePort();
      const command = commandOf(port);
      try {
        const { helper, pid } = await startWorker(keeper, command);
        keepers.push(helper);
        await listening({ port, host: '127.0.0.1' });
        places[name] = { pid, port, ...(name === 'redis' ? { socket } : {}) };
      } catch (error) {
        progress(`${command[0]} cannot be used (${(error as Error).message}): what needs it is not measured`);
      }
    }
    return new Servers({ folder, ...places }, keepers, remove);
  }

  async close(): Promise<void> {
    await Promise.all(this.#keepers.map(endHelper));
    this.#remove();
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

async function listening(at: NetConnectOpts): Promise<void> {
  for (const until = Date.now() + patience; ; await setTimeout(pause)) {
    const socket = connect(at);
    try {
      await once(socket, 'connect');
      return;
    } catch (error) {
      if (Date.now() > until) throw error;
    } finally {
      socket.destroy();
    }
  }
}
