import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe } from 'vitest';
import { suspend } from './suspend.ts';

function installed(): boolean {
  try {
    execFileSync('nats-server', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** `describe` for what needs a NATS server: where there is none it is skipped, unless `CACHEX_REQUIRE_NATS` is set. */
export const describeNats: typeof describe | typeof describe.skip = (() => {
  if (installed()) return describe;
  if (process.env.CACHEX_REQUIRE_NATS === '1')
    throw new Error('nats-server is not installed, and is required');
  console.warn('nats-server is not installed: the tests that need it are skipped');
  return describe.skip;
})();

export interface NatsServerOptions {
  /** Flags of `nats-server` beside those for its place. */
  readonly flags?: readonly string[];
  /** Text of a configuration file. */
  readonly config?: string;
  /** Default: `true`. */
  readonly jetstream?: boolean;
}

/** A `nats-server` with a store of its own, which can be killed and started again. */
export class NatsServer {
  readonly directory: string;
  readonly name: string;
  readonly #flags: string[];
  readonly #port: number;
  #process: ChildProcess | undefined;

  private constructor(name: string, directory: string, port: number, flags: string[]) {
    this.name = name;
    this.directory = directory;
    this.#port = port;
    this.#flags = flags;
  }

  /** Starts one on a free port. */
  static async start(options: NatsServerOptions = {}): Promise<NatsServer> {
    const { flags = [], config, jetstream = true } = options;
    const server = await NatsServer.#prepare('server', [...flags, ...(jetstream ? ['-js'] : [])]);
    if (config !== undefined) {
      const file = join(server.directory, 'nats.conf');
      await writeFile(file, config);
      server.#flags.push('-c', file);
    }
    await server.restart();
    return server;
  }

  /** Starts several that are one cluster. */
  static async startCluster(count: number): Promise<NatsServer[]> {
    const ports = await freePorts(count);
    const routes = ports.map((port) => `nats://127.0.0.1:${port}`);
    const servers = await Promise.all(
      ports.map((_, index) => {
        const place = ['-cluster', routes[index]!, '-cluster_name', 'test', '-routes', routes.join()];
        return NatsServer.#prepare(`server-${index}`, ['-js', ...place]);
      }),
    );
    await Promise.all(servers.map((server) => server.restart()));
    return servers;
  }

  /** A certificate for this machine, which is its own authority: the files, and what a server needs to use it. */
  static async certified(): Promise<{ caFile: string; config: string }> {
    const directory = await mkdtemp(join(tmpdir(), 'certificate-'));
    const [key, cert] = ['key.pem', 'cert.pem'].map((name) => join(directory, name));
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'];
    const made = ['-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key!, '-out', cert!, '-days', '2'];
    execFileSync('openssl', ['req', ...made, ...subject], { stdio: 'ignore' });
    return { caFile: cert!, config: `tls { cert_file: "${cert}", key_file: "${key}" }` };
  }

  /** Flags of a server that can be asked how many connections it has. */
  static async monitored(): Promise<{ flags: string[]; connections(): Promise<number> }> {
    const [port] = await freePorts(1);
    return {
      flags: ['-m', String(port)],
      connections: async () => {
        const answer = await fetch(`http://127.0.0.1:${port}/connz`);
        return ((await answer.json()) as { num_connections: number }).num_connections;
      },
    };
  }

  static async #prepare(name: string, flags: string[]): Promise<NatsServer> {
    const directory = await mkdtemp(join(tmpdir(), 'nats-'));
    return new NatsServer(name, directory, (await freePorts(1))[0]!, ['-name', name, ...flags]);
  }

  get url(): string {
    return `nats://127.0.0.1:${this.#port}`;
  }

  /** Starts it again, at the same place and with what it had stored. */
  async restart(): Promise<void> {
    const place = ['-a', '127.0.0.1', '-p', String(this.#port), '-sd', this.directory];
    const child = spawn('nats-server', [...place, ...this.#flags], { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#process = child;
    let log = '';
    await new Promise<void>((resolve, reject) => {
      child.stderr!.setEncoding('utf8').on('data', (text: string) => {
        log += text;
        if (log.includes('Server is ready')) resolve();
      });
      child.once('exit', () => reject(new Error(`nats-server ended:\n${log}`)));
    });
  }

  /** Ends it as `kill -9` does. */
  async kill(): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child === undefined) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }

  /** Stops it as `kill -STOP` does. */
  suspend(): Promise<void> {
    return suspend(this.#process!);
  }

  /** Lets it go on as `kill -CONT` does. */
  resume(): void {
    this.#process!.kill('SIGCONT');
  }

  /** Ends it and removes what it has stored. */
  async remove(): Promise<void> {
    await this.kill();
    await rm(this.directory, { recursive: true, force: true });
  }
}

/** Ports that nobody listens at. */
async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, '127.0.0.1');
      await once(server, 'listening');
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
