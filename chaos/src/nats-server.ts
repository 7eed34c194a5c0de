import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';

/** A `nats-server` on a port of its own, which can be killed and started again with what it had stored. */
export class NatsServer {
  readonly url: string;
  readonly #args: readonly string[];
  #child: ChildProcess | undefined;

  private constructor(directory: string, port: number) {
    this.url = `nats://127.0.0.1:${port}`;
    this.#args = ['-js', '-a', '127.0.0.1', '-p', `${port}`, '-sd', join(directory, 'nats')];
  }

  /** None where it is not installed. */
  static async start(directory: string): Promise<NatsServer | undefined> {
    if (spawnSync('nats-server', ['--version']).status !== 0) return undefined;
    const server = new NatsServer(directory, await freePort());
    await server.restart();
    return server;
  }

  async restart(): Promise<void> {
    const child = spawn('nats-server', this.#args, { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#child = child;
    let log = '';
    await new Promise<void>((resolve, reject) => {
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        if (log.length < 10_000) log += text;
        if (log.includes('Server is ready')) resolve();
      });
      child.once('error', reject);
      child.once('exit', () => reject(new Error(`nats-server has ended:\n${log}`)));
    });
  }

  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
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
