import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Machine, type Worker } from '../cluster/fixtures/machine.ts';
import { Program, widthOf } from './program.ts';

const keys = Array.from({ length: 300 }, (_, n) => `key-${n}`);
let machine: Machine;
let workers: readonly Worker[];
let cachex: Program;

beforeAll(async () => {
  machine = await Machine.start();
  const stats = { cache: { stats: true } };
  workers = await Promise.all(['a', 'b', 'c'].map((id) => machine.worker(id, stats)));
  await Promise.all(workers.map((worker) => worker.do('ready', 3)));
  await workers[0]!.put(keys, { n: 1 });
  cachex = Program.at(machine.directory);
}, 60_000);
afterAll(() => machine.stop());

describe('stream, explain and inspect', () => {
  it('show what is where', async () => {
    await workers[0]!.do('put', 'ada', { age: 36 });
    const words = ['stream', 'users', '--where', '{"value.age":{"gte":18}}', '--select', 'key,value.age'];
    expect(await cachex.json(...words)).toEqual([{ key: 'ada', 'value.age': 36 }]);
    const limited = await cachex.run(['stream', 'users', '--limit', '2']);
    expect(limited.out.trimEnd().split('\n')).toHaveLength(2);

    const owner = await workers[0]!.do<string>('owner', 'ada');
    const [explained] = await cachex.json('explain', 'users', 'ada');
    expect(explained).toMatchObject({ owner, live: true, ttl: null, partitions: 4096 });
    expect((await cachex.run(['explain', 'users', 'ada'])).out).toContain(`owner      ${owner}\n`);

    const records = await cachex.json<{ node: string; cache: { size: number } }>('inspect', 'users');
    expect(records.map(({ node }) => node)).toEqual(['a', 'b', 'c']);
    expect(records.reduce((sum, { cache }) => sum + cache.size, 0)).toBe(keys.length + 1);
    const [entry] = await cachex.json('inspect', 'users', 'entry', 'ada');
    expect(entry).toMatchObject({ node: owner, entry: { key: 'ada', value: { age: 36 }, expired: false } });
    expect(await cachex.run(['inspect', 'users', 'entry'])).toMatchObject({ code: 2 });
    expect((await cachex.run(['inspect', 'users', 'memry'])).err).toContain("did you mean 'memory'?");
    await workers[0]!.do('del', 'ada');
  });
});

describe('dump and load', () => {
  it('take all entries out of a cluster and back', async () => {
    const file = join(machine.directory, 'users.dump');
    const [dumped] = await cachex.json('dump', 'users', file);
    expect(dumped).toMatchObject({ entries: keys.length, bytes: (await readFile(file)).length });
    await workers[1]!.do('clear');
    const loaded = await cachex.run(['load', 'users', file]);
    expect(loaded).toMatchObject({ code: 0, out: `300 entries of ${file} stored in 'users'\n`, err: '' });
    expect(await workers[2]!.values(keys)).toEqual(keys.map(() => ({ n: 1 })));
  });

  it('refuse a file that is none, and one that is not there', async () => {
    const file = join(machine.directory, 'none.dump');
    await writeFile(file, 'this is no dump');
    const damaged = await cachex.run(['load', 'users', file]);
    expect(damaged).toMatchObject({ code: 4, out: '' });
    expect(damaged.err).toContain('nothing was loaded');
    expect((await cachex.run(['load', 'users', `${file}.gone`])).err).toContain('cannot be read');
  });
});

it('drain empties a node that stays, while its process goes on, and weight undoes it', async () => {
  const drained = await cachex.run(['drain', 'b']);
  expect(drained).toMatchObject({ code: 0, err: '' });
  expect(drained.out).toContain('its process can be stopped');
  const { members } = await workers[1]!.status();
  expect(members.map(({ id, weight, partitions }) => [id, weight, partitions])).toEqual([
    ['a', 1, 2048],
    ['b', 0, 0],
    ['c', 1, 2048],
  ]);
  expect(await workers[1]!.values(keys)).toEqual(keys.map(() => ({ n: 1 })));
  expect((await cachex.run(['weight', 'b', '1'])).code).toBe(0);
  await workers[1]!.do('ready', 3);
  expect((await workers[0]!.status()).members[1]!.partitions).toBeGreaterThan(1_300);
});

describe('doctor', () => {
  it('finds nothing wrong with a cluster that is well', async () => {
    const findings = await cachex.json<{ check: string; verdict: string }>('doctor');
    const problems = findings.filter(({ verdict }) => verdict === 'problem');
    expect(problems).toEqual([]);
    const checks = [
      'answers',
      'links',
      'round trip',
      'clocks',
      'event loops',
      'cachex',
      'Node.js',
      'protocol',
    ];
    expect(findings.map(({ check }) => check)).toEqual([...checks, 'owners', 'backups', 'moves', 'caches']);
    const { out } = await cachex.run(['doctor']);
    expect(out).toContain('all 3 nodes answer');
    expect(widthOf(out)).toBeLessThanOrEqual(80);
  });
});

it('top shows what nodes do, one look after the other', async () => {
  await workers[0]!.do('write', keys.slice(0, 3));
  interface Look {
    nodes: { node: string; callsPerSecond: number; entries: number; rss: number }[];
    silent: string[];
  }
  const looks = await cachex.json<Look>('top', '--interval', '300ms', '--count', '2');
  expect(looks).toHaveLength(2);
  expect(looks[1]!.nodes.map(({ node }) => node)).toEqual(['a', 'b', 'c']);
  expect(looks[1]!.nodes.some(({ callsPerSecond }) => callsPerSecond > 0)).toBe(true);
  await workers[0]!.do('stopWriting');
  const { out } = await cachex.run(['top', '--interval', '100ms', '--count', '1']);
  expect(out).toMatch(/^NODE +CALLS\/S +HITS/m);
  expect(out).not.toContain('\u001b');
  expect(widthOf(out)).toBeLessThanOrEqual(80);
});

it('bench measures, and leaves nothing behind', async () => {
  const [measured] = await cachex.json<{ calls: number; failed: number }>(
    ...['bench', 'users', '--seconds', '1', '--in-flight', '8', '--bytes', '10'],
  );
  expect(measured!.calls).toBeGreaterThan(0);
  expect(measured!.failed).toBe(0);
  expect(await workers[0]!.do('size')).toBe(keys.length);
});

it('dashboard serves the page until it is told to stop', async () => {
  const running = cachex.start(['dashboard', '--json']);
  const { url } = JSON.parse(await running.line) as { url: string };
  const page = await fetch(url);
  expect(page.status).toBe(200);
  expect(await page.text()).toContain('<!doctype html>');
  running.interrupt();
  expect(await running.ended).toBe(0);
  expect((await workers[0]!.status()).members).toHaveLength(3);
});

it('dashboard does with a token what it offers, at whichever node it concerns', async () => {
  const token = 'a token that is long enough for this';
  const running = Program.at(machine.directory, { CACHEX_TOKEN: token }).start(['dashboard', '--json']);
  const { url } = JSON.parse(await running.line) as { url: string };
  const act = async (wish: object): Promise<unknown> => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const response = await fetch(new URL('act', url), {
      method: 'POST',
      headers,
      body: JSON.stringify(wish),
    });
    return response.json();
  };
  await workers[0]!.do('put', 'ada', 1);
  expect(await act({ act: 'del', cache: 'users', key: 'ada' })).toEqual({ done: 'the key was deleted' });
  expect(await workers[1]!.do('get', 'ada')).toBeUndefined();
  expect(await act({ act: 'setWeight', node: 'b', weight: 2 })).toEqual({ done: 'b has the weight 2' });
  expect((await workers[0]!.status()).members.find(({ id }) => id === 'b')).toMatchObject({ weight: 2 });
  expect(await act({ act: 'setWeight', node: 'nobody', weight: 2 })).toMatchObject({
    error: expect.stringContaining("'nobody'"),
  });
  await act({ act: 'setWeight', node: 'b', weight: 1 });
  running.interrupt();
  expect(await running.ended).toBe(0);
});

it('top ends when it is interrupted, and leaves the cluster', async () => {
  const running = cachex.start(['top', '--json', '--interval', '50ms']);
  await running.line;
  running.interrupt();
  expect(await running.ended).toBe(130);
  expect((await workers[0]!.status()).members).toHaveLength(3);
});
