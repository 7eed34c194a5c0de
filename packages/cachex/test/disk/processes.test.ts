import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { join } from '../../src/cluster/index.ts';
import { createCache } from '../../src/index.ts';

let directory: string;
let path: string;
beforeEach(async () => {
  directory = await mkdtemp(joinPath(tmpdir(), 'cachex-'));
  path = joinPath(directory, 'cache.dump');
});
afterEach(() => rm(directory, { recursive: true }));

function start(fixture: string, options: object, execArgv: string[] = []): ChildProcess {
  const file = fileURLToPath(new URL(`fixtures/${fixture}.mjs`, import.meta.url));
  return fork(file, [JSON.stringify({ path, ...options })], { execArgv });
}

async function kill(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

const dumps = async (): Promise<string[]> =>
  (await readdir(directory)).filter((name) => name.startsWith('cache.dump'));

describe('a file on the disk', () => {
  it('takes the place of the earlier one when it is complete, readable for its owner alone', async () => {
    const cache = createCache<string, number>();
    cache.put('ada', 1);
    await cache.dump(path);
    cache.put('bob', 2);
    await cache.dump(path);
    expect(await dumps()).toEqual(['cache.dump']);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    cache.clear();
    expect(await cache.load(path)).toBe(2);
    await expect(cache.load(`${path}.none`)).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(cache.load(directory)).rejects.toMatchObject({ code: 'EISDIR' });
    await expect(cache.dump(joinPath(path, 'below'))).rejects.toMatchObject({ code: 'ENOTDIR' });
    await expect(cache.dump(directory)).rejects.toMatchObject({ code: 'EISDIR' });
    expect(await readdir(directory)).toEqual(['cache.dump']);
    cache.close();
  });

  it('may be written by several at once: each is complete, and the last one stays', async () => {
    const caches = [1, 2, 3].map((count) => {
      const cache = createCache<number, string>();
      for (let key = 0; key < count * 100; key += 1) cache.put(key, 'x'.repeat(2_000));
      return cache;
    });
    expect(await Promise.all(caches.map((cache) => cache.dump(path)))).toEqual([100, 200, 300]);
    expect(await dumps()).toEqual(['cache.dump']);
    expect([100, 200, 300]).toContain(await caches[0]!.load(path));
    for (const cache of caches) cache.close();
  });

  it('is not touched while others live that write it; what the dead have left is removed', async () => {
    const cache = createCache<string, number>();
    cache.put('ada', 1);
    const dead = start('dump-forever', {});
    const living = start('dump-forever', {});
    await Promise.all([once(dead, 'message'), once(living, 'message')]);
    expect(await dumps()).toHaveLength(2);
    await kill(dead);
    expect(await dumps()).not.toContain('cache.dump');
    const foreign = `cache.dump.00000000-1-${'0'.repeat(12)}.tmp`;
    await writeFile(joinPath(directory, foreign), 'of another machine');
    await writeFile(`${path}.mine.tmp`, 'of somebody else');
    expect(await cache.dump(path)).toBe(1);
    const names = await dumps();
    expect(names).toHaveLength(4);
    expect(names.filter((name) => name.includes(`-${living.pid}-`))).toHaveLength(1);
    expect(names).toContain(foreign);
    await kill(living);
    // An hour later that machine does not write either.
    const earlier = Date.now() / 1_000 - 3_700;
    await utimes(joinPath(directory, foreign), earlier, earlier);
    await cache.dump(path);
    expect(await dumps()).toEqual(['cache.dump', 'cache.dump.mine.tmp']);
    cache.close();
    expect(hostname()).not.toBe('');
  });
});

describe('a process that is killed while it dumps a cluster', () => {
  it('leaves no file in its place, and nothing at the owners', async () => {
    await using node = await join({ cluster: 'disk', directory, id: 'owner', settle: '10ms' });
    const cache = node.cache<number, string>('texts');
    for (let key = 0; key < 2_000; key += 1) await cache.put(key, `${key} `.repeat(500));
    const child = start('dump-forever', { directory });
    await once(child, 'message');
    await kill(child);
    expect(await dumps()).toHaveLength(1);
    expect(await dumps()).not.toContain('cache.dump');
    while (node.nodes().length > 1) await new Promise<void>((resolve) => node.on('view', () => resolve()));
    expect(await cache.dump(path)).toBe(2_000);
    expect(await dumps()).toEqual(['cache.dump']);
    expect(await cache.load(path)).toBe(2_000);
  });
});

describe('a process with little memory', () => {
  it('dumps and loads what it could not hold twice', async () => {
    // 48 MB of text in a heap of 80 MB.
    const options = { entries: 12_000, bytes: 4_000 };
    const child = start('tight', options, ['--max-old-space-size=80']);
    const exited = once(child, 'exit');
    const [said] = await Promise.race([once(child, 'message'), exited]);
    expect(said).toEqual({ dumped: 12_000, loaded: 12_000, size: 12_000, right: true });
    expect(await exited).toEqual([0, null]);
  });
});
