import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Machine, type Worker } from '../cluster/fixtures/machine.ts';
import { Program, widthOf } from './program.ts';

const keys = Array.from({ length: 60 }, (_, n) => `key-${n}`);
let machine: Machine;
let first: Worker;
let cachex: Program;

beforeAll(async () => {
  machine = await Machine.start();
  const workers = await Promise.all(
    ['a', 'b', 'c'].map((id) => machine.worker(id, { cache: { ttl: '5m' } })),
  );
  first = workers[0]!;
  await Promise.all(workers.map((worker) => worker.do('ready', 3)));
  await first.put(keys, { n: 1 });
  cachex = Program.at(machine.directory);
}, 60_000);
afterAll(() => machine.stop());

describe('status', () => {
  it('shows the nodes and caches of the cluster, in 80 columns, and not itself', async () => {
    const { code, out, err } = await cachex.run(['status']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain('cluster processes: 3 nodes, 4096 partitions');
    expect(out).toMatch(/^a +1 +136[56] +33\.3% .*up$/m);
    expect(out).toMatch(/^users +5m +none +yes +3 of 3$/m);
    expect(widthOf(out)).toBeLessThanOrEqual(80);
  });

  it('tells the same as JSON', async () => {
    const [status] = await cachex.json<{ members: { id: string; up: boolean }[]; caches: object }>('status');
    expect(status!.members.map(({ id, up }) => ({ id, up }))).toEqual(
      ['a', 'b', 'c'].map((id) => ({ id, up: true })),
    );
    expect(Object.keys(status!.caches)).toEqual(['users']);
  });
});

describe('put, get and del', () => {
  it('store what the nodes read', async () => {
    expect((await cachex.run(['put', 'users', 'ada', '{"name":"Ada"}', '--ttl', '1m'])).code).toBe(0);
    expect(await first.do('get', 'ada')).toEqual({ name: 'Ada' });
    expect(await first.do<number>('ttl', 'ada')).toBeLessThanOrEqual(60_000);
    expect((await cachex.run(['put', 'users', 'page', '--text', '-'], { input: '<b>\n' })).code).toBe(0);
    expect(await first.do('get', 'page')).toBe('<b>\n');
  });

  it('read what the nodes store', async () => {
    await first.do('put', 'eve', { list: [1, 'two'] });
    expect(await cachex.run(['get', 'users', 'eve'])).toEqual({
      code: 0,
      out: "{ list: [ 1, 'two' ] }\n",
      err: '',
    });
    const [answer] = await cachex.json<{ found: boolean; value: unknown; ttl: number }>(
      'get',
      'users',
      'eve',
    );
    expect(answer).toMatchObject({ found: true, value: { list: [1, 'two'] } });
    expect(answer!.ttl).toBeGreaterThan(0);
  });

  it('say by the exit code that there is nothing', async () => {
    expect(await cachex.run(['get', 'users', 'nobody'])).toEqual({
      code: 1,
      out: '',
      err: "no entry nobody in 'users'\n",
    });
    expect(await cachex.json('get', 'users', 'nobody')).toEqual([
      { cache: 'users', key: 'nobody', found: false },
    ]);
    expect(await cachex.run(['del', 'users', 'nobody'])).toMatchObject({
      code: 1,
      out: "removed 0 of 1 from 'users'\n",
    });
  });

  it('take keys that are no strings as JSON', async () => {
    expect((await cachex.run(['put', 'users', '["user", 7]', '"seven"', '--typed'])).code).toBe(0);
    expect(await first.do('get', ['user', 7])).toBe('seven');
    expect((await cachex.run(['get', 'users', '["user",7]', '--typed'])).out).toBe('seven\n');
    const removed = await cachex.run(['del', 'users', '["user",7]', '7', '--typed']);
    expect(removed).toMatchObject({ code: 0, out: "removed 1 of 2 from 'users'\n" });
  });
});

it('keys lists the keys of all nodes, one a line', async () => {
  const { out } = await cachex.run(['keys', 'users', '--prefix', 'key-']);
  expect(out.trimEnd().split('\n').sort()).toEqual([...keys].sort());
  const some = await cachex.json<{ key: string }>('keys', 'users', '--prefix', 'key-', '--limit', '5');
  expect(some).toHaveLength(5);
});

describe('what is wrong', () => {
  const cases: readonly (readonly [words: string[], code: number, says: string])[] = [
    [['gett'], 2, "there is no command 'gett'; did you mean 'get'?"],
    [['get', 'users'], 2, '<key> is missing'],
    [['get', 'users', 'ada', 'more'], 2, "'more' is one word too many"],
    [['get', 'users', 'ada', '--tll'], 2, "did you mean '--ttl'?"],
    [['get', 'users', 'ada', '--timeout', '--typed'], 2, '--timeout needs a value'],
    [['status', '--timeout', 'soon'], 2, 'is not a duration'],
    [['put', 'users', 'ada', 'Ada'], 2, 'is not JSON'],
    [['get', 'users', '{}', '--typed'], 2, 'is not a key'],
    [['get', 'uzers', 'ada'], 1, "did you mean 'users'?"],
    [['status', '--cluster', 'other', '--timeout', '200ms'], 3, "could not join cluster 'other'"],
    [['status', '--directory', '/nowhere/at/all'], 3, 'is not running: there is no directory'],
    [['status', '--id', 'a'], 3, 'CONFIG_MISMATCH'],
    [['status', '--nodes', '/nowhere'], 2, 'only nodes of the list are let in'],
  ];

  it.each(cases)('%j ends with %d and says what to do', async (words, code, says) => {
    const ran = await cachex.run(words);
    expect(ran).toMatchObject({ code, out: '' });
    expect(ran.err).toContain(says);
    expect(ran.err.trimEnd().split('\n').length).toBeGreaterThan(1);
  });

  it('is told as JSON with --json', async () => {
    const { code, err } = await cachex.run(['get', 'users', '--json']);
    expect(code).toBe(2);
    expect(JSON.parse(err)).toMatchObject({ error: { code: 'USAGE', hint: expect.any(String) } });
  });

  it('does not found a cluster', async () => {
    const empty = await Machine.start();
    const { code, err } = await Program.at(empty.directory).run(['status']);
    expect(code).toBe(3);
    expect(err).toContain('no node of it is at');
    await empty.stop();
  });

  it('leaves a cluster of which all nodes have died as it was', async () => {
    const dead = await Machine.start();
    await (await dead.worker('alone')).kill();
    const { code, err } = await Program.at(dead.directory).run(['status']);
    expect(code).toBe(3);
    expect(err).toContain('have ended');
    const again = await dead.worker('again');
    expect((await again.status()).members.map(({ id }) => id)).toEqual(['again']);
    await dead.stop();
  });
});

it('the nodes do not keep the program in their view', async () => {
  await cachex.run(['keys', 'users']);
  expect((await first.status()).members.map(({ id }) => id)).toEqual(['a', 'b', 'c']);
});
