import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { describeHost } from '../../../packages/cachex/test/adapters/compatibility.ts';
import { ask, type Service, service } from '../../testing/service.ts';

const site = fileURLToPath(new URL('..', import.meta.url));
const program = new URL('../server.mjs', import.meta.url);
const next = createRequire(import.meta.url).resolve('next/dist/bin/next');

const minutes = 60_000;
let directory: string;
const env = (): Record<string, string> => ({
  NEXT_TELEMETRY_DISABLED: '1',
  DIRECTORY: directory,
  DATABASE: join(directory, 'database.json'),
});

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cachex-'));
  await promisify(execFile)(process.execPath, [next, 'build'], {
    cwd: site,
    env: { ...process.env, ...env(), NODE_ENV: 'production' },
    timeout: 10 * minutes,
  });
}, 10 * minutes);
afterAll(() => rm(directory, { recursive: true }));

const lines = (services: readonly Service[]): string[] =>
  services.flatMap(({ lines }) => lines.filter((line) => line.startsWith('loading')));

describeHost({ host: 'next', suite: 'a site, built and served', setUp: 'three processes' }, () => {
  it('shares what one process has made, and what one revalidates is made anew once', {
    timeout: 5 * minutes,
  }, async () => {
    await using one = await service(program, env());
    await using two = await service(program, env());
    await using three = await service(program, env());
    const services = [one, two, three];
    const everywhere = async (
      path: string,
      reads: (body: string) => string | undefined,
    ): Promise<unknown[]> => {
      const seen: unknown[] = [];
      for (const { url } of services) {
        const { body } = await ask(url + path);
        seen.push(reads(typeof body === 'string' ? body : JSON.stringify(body)));
      }
      return seen;
    };
    const prices = async (): Promise<unknown[]> => [
      await everywhere('/', (body) => /lamp: \d+/.exec(body)?.[0]),
      await everywhere('/products/lamp', (body) => /lamp costs \d+/.exec(body)?.[0]),
      await everywhere('/api/products/lamp', (body) => body),
    ];
    const expected = (price: number): unknown[] =>
      [`lamp: ${price}`, `lamp costs ${price}`, JSON.stringify({ id: 'lamp', price })].map((text) => [
        text,
        text,
        text,
      ]);

    /** Next answers first, and revalidates and stores then: waits until the first process has the new price, and has stored it. */
    const settled = async (price: number): Promise<void> => {
      for (const path of ['/', '/products/lamp', '/api/products/lamp']) {
        await vi.waitFor(
          async () => {
            const { headers, body } = await ask(one.url + path);
            expect(JSON.stringify(body)).toMatch(new RegExp(`(lamp: |lamp costs |"price":)${price}`));
            expect(headers['x-nextjs-cache']).not.toBe('MISS');
          },
          { timeout: minutes },
        );
        // What this process is storing is waited for by who reads it there.
        await ask(one.url + path);
      }
    };

    await settled(4);
    expect(await prices()).toEqual(expected(4));
    expect(lines(services).sort()).toEqual(['loading lamp', 'loading the list']);

    const body = JSON.stringify({ price: 9 });
    expect((await ask(`${three.url}/api/products/lamp`, { method: 'PUT', body })).status).toBe(200);
    await settled(9);
    expect(await prices()).toEqual(expected(9));
    expect(lines(services)).toHaveLength(4);

    // What it owned goes to those that stay.
    expect(await one.stop()).toBe(0);
    services.shift();
    expect((await ask(`${two.url}/api/products/lamp`)).body).toEqual({ id: 'lamp', price: 9 });
    expect(lines([one, two, three])).toHaveLength(4);
  });
});
