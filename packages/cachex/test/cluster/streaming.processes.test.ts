import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { join } from '../../src/cluster/index.ts';

const reader = fileURLToPath(new URL('fixtures/stream-reader.mjs', import.meta.url));
let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(joinPath(tmpdir(), 'cachex-'));
});
afterEach(() => rm(directory, { recursive: true }));

/** How many links this process holds, as the system sees it. */
async function links(): Promise<number> {
  const descriptors = await readdir('/proc/self/fd');
  const targets = await Promise.all(
    descriptors.map((name) => readlink(`/proc/self/fd/${name}`).catch(() => '')),
  );
  return targets.filter((target) => target.startsWith('socket:')).length;
}

describe('a process that is killed while it reads a stream', () => {
  it.runIf(process.platform === 'linux')('leaves nothing at the owner of the entries', async () => {
    await using node = await join({ cluster: 'streams', directory, id: 'owner', settle: '10ms' });
    const cache = node.cache<number, string>('texts');
    for (let key = 0; key < 2_000; key += 1) await cache.put(key, `${key} `.repeat(500));
    const before = await links();
    const child = fork(reader, [JSON.stringify({ directory })]);
    const [{ keys }] = await once(child, 'message');
    expect(new Set(keys).size).toBe(3);
    expect(node.nodes().map(({ id }) => id)).toEqual(['owner', 'reader']);
    expect(await links()).toBeGreaterThan(before);

    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
    while (node.nodes().length > 1) await new Promise<void>((resolve) => node.on('view', () => resolve()));
    await expect.poll(links, { timeout: 30_000 }).toBe(before);
    // Nothing of the stream was there: it has no cursor at an owner that could be left.
    let seen = 0;
    for await (const { key, value } of cache.stream()) {
      expect(value.startsWith(`${key} `)).toBe(true);
      seen += 1;
    }
    expect(seen).toBe(2_000);
  });
});
