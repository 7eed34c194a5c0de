import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { suspend } from '../../../router/test/suspend.ts';
import { join } from '../../src/cluster/index.ts';
import { aGate } from '../gate.ts';
import { manyKeys } from '../keys.ts';

let directory: string;
const children = new Set<ChildProcess>();

beforeEach(async () => {
  directory = await mkdtemp(joinPath(tmpdir(), 'cachex-'));
});
afterEach(async () => {
  await Promise.all([...children].map(kill));
  await rm(directory, { recursive: true });
});

function start(fixture: string, options: object): ChildProcess {
  const path = fileURLToPath(new URL(`fixtures/${fixture}.mjs`, import.meta.url));
  const child = fork(path, [JSON.stringify({ directory, ...options })], { execArgv: [] });
  children.add(child);
  child.once('exit', () => children.delete(child));
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

/** Everything a child says until it ends, and how it ended. */
async function story(child: ChildProcess): Promise<{ said: unknown[]; code: number | null }> {
  const said: unknown[] = [];
  child.on('message', (message) => said.push(message));
  const [code] = (await once(child, 'exit')) as [number | null];
  return { said, code };
}

interface Answer {
  readonly value?: unknown;
  readonly code?: string;
}

/** A node in a process of its own. */
class Worker {
  readonly child: ChildProcess;
  readonly joined: Promise<unknown>;
  readonly loads: unknown[] = [];
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #calls = 0;

  constructor(id: string) {
    this.child = start('worker', { id });
    this.joined = Promise.race([
      once(this.child, 'message'),
      once(this.child, 'exit').then(([code]) => Promise.reject(new Error(`${id} ended with ${code}`))),
    ]);
    this.child.on('message', (message: Answer & { call?: number; loading?: unknown }) => {
      if (message.loading !== undefined) this.loads.push(message.loading);
      if (message.call !== undefined) this.#waiting.get(message.call)?.(message);
    });
  }

  async do(method: string, ...args: unknown[]): Promise<unknown> {
    this.#calls += 1;
    const call = this.#calls;
    const answer = new Promise<Answer>((resolve) => this.#waiting.set(call, resolve));
    this.child.send({ call, method, args });
    const { value, code } = await answer;
    if (code !== undefined) throw new Error(code);
    return value;
  }
}

async function threeWorkers(): Promise<Worker[]> {
  const workers = ['a', 'b', 'c'].map((id) => new Worker(id));
  await Promise.all(workers.map(({ joined }) => joined));
  for (const shares of await Promise.all(workers.map((worker) => worker.do('ready', 3)))) {
    expect([...(shares as number[])].sort()).toEqual([1365, 1365, 1366]);
  }
  return workers;
}

async function expectOneCache(workers: readonly Worker[]): Promise<void> {
  await Promise.all(manyKeys.map((key, n) => workers[n % workers.length]!.do('put', key, { n })));
  for (const worker of workers) {
    const values = await Promise.all(manyKeys.map((key) => worker.do('get', key)));
    expect(values).toEqual(manyKeys.map((_, n) => ({ n })));
    expect(await worker.do('size')).toBe(manyKeys.length);
  }
}

describe('three processes', { timeout: 60_000 }, () => {
  it('share one cache, and one load for a key', async () => {
    const workers = await threeWorkers();
    await expectOneCache(workers);
    const answers = await Promise.all(workers.map((worker) => worker.do('fetch', 'ada', 'load')));
    expect(new Set(answers).size).toBe(1);
    expect(workers.flatMap(({ loads }) => loads)).toEqual(['ada']);
    await expect(workers[0]!.do('fetch', 'bob', 'lod')).rejects.toThrow('UNKNOWN_FUNCTION');
  });

  it('that are all killed at once start again at once, with an empty cache', async () => {
    const workers = await threeWorkers();
    await workers[0]!.do('put', 'ada', 1);
    await Promise.all(workers.map(({ child }) => kill(child)));
    const again = await threeWorkers();
    expect(await again[0]!.do('size')).toBe(0);
    await expectOneCache(again);
  });

  it('go on without one that is killed', async () => {
    const workers = await threeWorkers();
    await kill(workers.pop()!.child);
    for (const worker of workers) expect(await worker.do('ready', 2)).toEqual([2048, 2048]);
    await workers[0]!.do('clear');
    await expectOneCache(workers);
  });

  it('answer a read of a killed owner, and tell of a write that it may have happened', async () => {
    const [a, b, c] = (await threeWorkers()) as [Worker, Worker, Worker];
    let key = 0;
    while ((await a.do('owner', key)) !== 'c') key += 1;
    await a.do('put', key, 'before');
    // It keeps its links and answers nothing any more.
    await suspend(c.child);
    const write = a.do('put', key, 'after');
    const read = b.do('get', key);
    write.catch(() => {});
    // Workers take their tasks in turn: once these are done, the two above have been sent.
    await Promise.all([a.do('owner', key), b.do('owner', key)]);
    await kill(c.child);
    await expect(write).rejects.toThrow('UNKNOWN_OUTCOME');
    expect(await read).toBeUndefined();
  });

  it.each([
    ['in its function', 'work', 'before'],
    ['between staging and the commit', 'commit', 'before'],
    ['between the commit and the writes of others', 'apply', 'after'],
  ])(
    'have all or nothing of a transaction that is killed %s, and none of its locks',
    async (_where, at, value) => {
      const workers = await threeWorkers();
      const [a, b, c] = workers as [Worker, Worker, Worker];
      const keys = manyKeys.slice(0, 12);
      await Promise.all(keys.map((key) => a.do('put', key, 'before')));
      const holder = start('holder', { keys, value: 'after', at, lease: '1h' });
      expect(await once(holder, 'message')).toEqual([{ holding: at }, undefined]);
      // A lease of an hour does not matter: that the process is gone is proved.
      await expect(b.do('put', keys[0], 'in between', { timeout: 300 })).rejects.toThrow('LOCKED');
      const reading = Promise.all(keys.map((key) => c.do('get', key, { timeout: '30s' })));
      if (at !== 'work') await a.do('status');
      await kill(holder);
      expect(await reading).toEqual(keys.map(() => value));
      await Promise.all(keys.map((key) => b.do('put', key, 'later', { timeout: '30s' })));
      expect(await Promise.all(keys.map((key) => c.do('get', key)))).toEqual(keys.map(() => 'later'));
    },
  );

  it('refuse the commit of a transaction that was stopped for longer than its lease', async () => {
    const [a, b] = (await threeWorkers()) as [Worker, Worker, Worker];
    const keys = manyKeys.slice(0, 6);
    const holder = start('holder', { keys, value: 'after', at: 'work', lease: 500 });
    await once(holder, 'message');
    await suspend(holder);
    await Promise.all(keys.map((key) => a.do('put', key, 'meanwhile', { timeout: '30s' })));
    const ended = once(holder, 'message');
    holder.send('go on');
    holder.kill('SIGCONT');
    expect(await ended).toEqual([{ ended: 'LOCK_LOST' }, undefined]);
    expect(await Promise.all(keys.map((key) => b.do('get', key)))).toEqual(keys.map(() => 'meanwhile'));
  });

  it('keep every entry of one that leaves when it is told to terminate', async () => {
    const workers = await threeWorkers();
    await Promise.all(manyKeys.map((key, n) => workers[0]!.do('put', key, { n })));
    const leaver = workers.pop()!;
    await leaver.do('leaveOnSignal');
    const exited = once(leaver.child, 'exit');
    leaver.child.kill('SIGTERM');
    expect(await exited).toEqual([null, 'SIGTERM']);
    for (const worker of workers) {
      const values = await Promise.all(manyKeys.map((key) => worker.do('get', key)));
      expect(values).toEqual(manyKeys.map((_, n) => ({ n })));
      expect(await worker.do('size')).toBe(manyKeys.length);
    }
  });

  it('end by themselves after close, and leave neither sockets nor temporary files', async () => {
    const workers = await threeWorkers();
    for (const worker of workers) {
      const exited = once(worker.child, 'exit');
      await worker.do('close');
      expect(await exited).toEqual([0, null]);
    }
    const left = await readdir(directory);
    expect(left.filter((name) => !/^view-\d{16}\.json$/.test(name))).toEqual([]);
  });
});

describe('a process', { timeout: 30_000 }, () => {
  it('with an idle node ends by itself', async () => {
    expect(await story(start('idle', {}))).toEqual({ said: [], code: 0 });
  });

  it('with an idle node beside others ends by itself', async () => {
    await using node = await join({ cluster: 'processes', directory, settle: 10 });
    const cache = node.cache<string, number>('users');
    expect(await story(start('idle', {}))).toEqual({ said: [], code: 0 });
    // It ended without leaving: that is found out, and its keys are taken over.
    await cache.put('bob', 1);
    await new Promise<void>((resolve) => {
      const look = (): void => {
        if (node.nodes().length === 1) resolve();
      };
      node.on('view', look);
      look();
    });
  });

  it('with an idle node goes on if asked to', async () => {
    const child = start('idle', { keepAlive: true });
    expect(await once(child, 'message')).toEqual(['kept alive', undefined]);
  });

  it('goes on until its call is answered, and then ends', async () => {
    expect(await story(start('pending', { key: 'ada' }))).toEqual({
      said: ['kept alive', { answer: 'loaded' }],
      code: 0,
    });
  });

  it('goes on until its call is answered by another process, and then ends', async () => {
    await using node = await join({ cluster: 'processes', directory, settle: '1h' });
    const gate = aGate();
    const load = async (_key: string): Promise<string> => {
      await gate.passed;
      return 'loaded here';
    };
    node.cache('users', { functions: { load } });
    const child = start('pending', { key: 'ada' });
    const told = story(child);
    await once(child, 'message');
    gate.open();
    expect(await told).toEqual({ said: ['kept alive', { answer: 'loaded here' }], code: 0 });
  });
});
