import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ask, service } from '../../testing/service.ts';

const program = new URL('../dist/main.js', import.meta.url);
let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cachex-'));
});
afterEach(() => rm(directory, { recursive: true }));

it('is one directory of users in two processes, of which one may go', { timeout: 120_000 }, async () => {
  await using one = await service(program, { DIRECTORY: directory });
  await using two = await service(program, { DIRECTORY: directory });
  const ids = Array.from({ length: 20 }, (_, n) => `ada-${n}`);
  const names = async ({ url }: { url: string }): Promise<unknown[]> =>
    Promise.all(ids.map(async (id) => (await ask(`${url}/users/${id}`)).body));
  const loads = (): number =>
    [...one.lines, ...two.lines].filter((line) => line.startsWith('loading ')).length;

  const users = ids.map((id) => ({ id, name: id.toUpperCase() }));
  expect(await Promise.all([names(one), names(two)])).toEqual([users, users]);
  expect(loads()).toBe(20);

  const headers = { 'content-type': 'application/json' };
  const renamed = ids.map((id) => ({ id, name: `${id}, renamed` }));
  for (const { id, name } of renamed) {
    const body = JSON.stringify({ name });
    expect((await ask(`${two.url}/users/${id}`, { method: 'PUT', headers, body })).status).toBe(200);
  }
  expect(await names(one)).toEqual(renamed);
  await one.stop();
  expect(await names(two)).toEqual(renamed);
  expect(loads()).toBe(20);
});
