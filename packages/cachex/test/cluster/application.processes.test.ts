import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const sources = fileURLToPath(new URL('fixtures/application', import.meta.url));
/** How many entries are written. */
const count = 300;

let folder: string;
const running: Running[] = [];

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'app-')));
  await install('shop');
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.kill()));
  await rm(folder, { recursive: true });
});

/** Puts the application into a folder, as the package of that name. */
async function install(name: string): Promise<void> {
  const place = join(folder, name);
  await cp(sources, join(place, 'dist'), { recursive: true });
  await symlink(join(root, 'node_modules'), join(place, 'node_modules'), 'junction');
  await writeFile(join(place, 'package.json'), JSON.stringify({ name, type: 'module' }));
}

interface Answer {
  readonly call?: number;
  readonly value?: unknown;
  readonly ended?: number;
  readonly code?: unknown;
}

/** A process of an application, and through it the workers or threads that it has started. */
class Running {
  readonly child: ChildProcess;
  readonly exited: Promise<unknown[]>;
  readonly #waiting = new Map<unknown, (value: unknown) => void>();
  #calls = 0;

  private constructor(program: string, args: string[], env: NodeJS.ProcessEnv, cwd: string) {
    const environment = { ...process.env, NODE_ENV: 'production', TMPDIR: folder, ...env };
    this.child = fork(program, args, { execArgv: [], cwd, env: environment });
    this.exited = once(this.child, 'exit');
    this.child.on('message', (message: Answer | 'ready') => {
      if (message === 'ready') this.#settle('ready', undefined);
      else if (message.ended !== undefined) this.#settle(`end of ${message.ended}`, message.code);
      else this.#settle(message.call, message.value);
    });
  }

  static async start(
    program: string,
    { args = [], env = {}, cwd = '/' }: { args?: string[]; env?: NodeJS.ProcessEnv; cwd?: string } = {},
  ): Promise<Running> {
    const started = new Running(join(folder, program), args, env, cwd);
    running.push(started);
    await started.#answer('ready');
    return started;
  }

  /** Asks a worker or thread, from 1 on, or the process itself. */
  ask(to: number, method: string, ...args: unknown[]): Promise<unknown> {
    this.#calls += 1;
    this.child.send({ to, call: this.#calls, method, args });
    return this.#answer(this.#calls);
  }

  /** Has a worker or thread end; answers with what its end was like. */
  end(to: number, how: object): Promise<unknown> {
    this.child.send({ to, ...how });
    return this.#answer(`end of ${to}`);
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.exited;
  }

  async #answer(to: unknown): Promise<unknown> {
    const answer = new Promise((resolve) => this.#waiting.set(to, resolve));
    const ended = this.exited.then(([code, signal]) => {
      throw new Error(`the process ended with ${code ?? signal}`);
    });
    ended.catch(() => {});
    return Promise.race([answer, ended]);
  }

  #settle(to: unknown, value: unknown): void {
    this.#waiting.get(to)?.(value);
    this.#waiting.delete(to);
  }
}

it('workers of node:cluster share one cache, and leave it whole when they are disconnected or told to stop', async () => {
  const application = await Running.start('shop/dist/workers.mjs', { args: ['3'] });
  for (const worker of [1, 2, 3]) expect(await application.ask(worker, 'settled', 3)).toBe('shop');
  await application.ask(1, 'fill', 'a', count);
  for (const worker of [1, 2, 3]) {
    expect(await application.ask(worker, 'size')).toBe(count);
    expect(await application.ask(worker, 'share')).toBeGreaterThan(0);
  }
  expect(await application.end(1, { disconnect: true })).toBe(0);
  expect(await application.ask(2, 'size')).toBe(count);
  expect(await application.end(2, { kill: 'SIGTERM' })).toBe('SIGTERM');
  expect(await application.ask(3, 'share')).toBe(count);
});

it('threads share one cache, and leave it whole when they are told to', async () => {
  const application = await Running.start('shop/dist/threads.mjs', { args: ['3'] });
  for (const thread of [0, 1, 2, 3]) expect(await application.ask(thread, 'settled', 4)).toBe('shop');
  await application.ask(1, 'fill', 'a', count);
  for (const thread of [0, 1, 2, 3]) {
    expect(await application.ask(thread, 'size')).toBe(count);
    expect(await application.ask(thread, 'share')).toBeGreaterThan(0);
  }
  expect(await application.end(1, { stop: true })).toBe(0);
  expect(await application.ask(2, 'size')).toBe(count);
  expect(await application.end(2, { stop: true })).toBe(0);
  expect(await application.ask(3, 'size')).toBe(count);
});

it('a thread that is terminated is missed at once', async () => {
  const application = await Running.start('shop/dist/threads.mjs', { args: ['2'] });
  await application.ask(0, 'settled', 3);
  await application.end(2, { terminate: true });
  await application.ask(0, 'settled', 2);
  await application.ask(0, 'fill', 'a', count);
  expect(await application.ask(1, 'size')).toBe(count);
});

it('processes of PM2 are those of the program that it runs', async () => {
  // How PM2 7 starts a program, in fork mode as in cluster mode: its own file is what Node runs.
  const container = join(folder, 'lib/node_modules/pm2/lib');
  await mkdir(container, { recursive: true });
  await writeFile(
    join(container, 'container.cjs'),
    "import(require('node:url').pathToFileURL(process.env.pm_exec_path));",
  );
  const start = (id: number): Promise<Running> =>
    Running.start('lib/node_modules/pm2/lib/container.cjs', {
      env: {
        name: 'shop',
        pm_id: `${id}`,
        NODE_APP_INSTANCE: `${id}`,
        pm_exec_path: join(folder, 'shop/dist/service.mjs'),
      },
    });
  const [one, two] = [await start(0), await start(1)];
  expect(await one.ask(0, 'settled', 2)).toBe('shop');
  expect(await two.ask(0, 'settled', 2)).toBe('shop');
  await one.ask(0, 'fill', 'a', count);
  // What PM2 sends with `shutdown_with_message`.
  one.child.send('shutdown');
  expect(await one.exited).toEqual([0, null]);
  expect(await two.ask(0, 'share')).toBe(count);
});

it('another application, or the same one in another environment, is another cluster', async () => {
  await mkdir(join(folder, 'copy'));
  await install('copy/shop');
  await writeFile(join(folder, 'copy/shop/package.json'), JSON.stringify({ name: 'shop', type: 'module' }));
  const one = await Running.start('shop/dist/service.mjs');
  const copy = await Running.start('copy/shop/dist/service.mjs');
  const testing = await Running.start('shop/dist/service.mjs', { env: { NODE_ENV: 'test' } });
  for (const each of [one, copy, testing]) expect(await each.ask(0, 'settled', 1)).toBe('shop');
  const same = await Running.start('shop/dist/service.mjs');
  await same.ask(0, 'settled', 2);
  // Who names a cluster meets all who name it.
  const named = { env: { CACHEX_CLUSTER: 'together' } };
  await Running.start('shop/dist/service.mjs', named);
  const both = await Running.start('copy/shop/dist/service.mjs', named);
  expect(await both.ask(0, 'settled', 2)).toBe('together');
});
