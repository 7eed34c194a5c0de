import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ask, service } from '../../testing/service.ts';

const program = new URL('../dist/main.js', import.meta.url);
let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cachex-'));
});
afterEach(() => rm(directory, { recursive: true }));

it('is one magazine in several processes, of which one may go', { timeout: 120_000 }, async () => {
  await using one = await service(program, { DIRECTORY: directory });
  await using two = await service(program, { DIRECTORY: directory });
  await vi.waitFor(async () => expect((await ask(`${one.url}/nodes`)).body).toBe(2));
  const paths = Array.from({ length: 20 }, (_, n) => `/articles/${n % 2 === 0 ? 'ada' : 'bob'}-${n}`);
  const all = async ({ url }: { url: string }): Promise<unknown[]> =>
    Promise.all(paths.map(async (path) => (await ask(url + path)).body));
  const loads = (): number =>
    [...one.lines, ...two.lines].filter((line) => line.startsWith('loading ')).length;

  const [first, second] = await Promise.all([all(one), all(two)]);
  expect(second).toEqual(first);
  expect(first).toContainEqual({ id: 'ada-0', author: 'ada', madeBy: expect.any(Number) });
  expect(loads()).toBe(20);

  expect((await ask(`${two.url}/authors/ada/changed`, { method: 'POST' })).body).toEqual({ forgotten: 10 });
  const third = await all(one);
  expect(loads()).toBe(30);

  expect(await one.stop()).toBe(0);
  expect(await all(two)).toEqual(third);
  expect(loads()).toBe(30);
});
