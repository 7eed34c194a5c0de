import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultDirectory } from '@cachex/router';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { application } from '../../src/cluster/application.ts';
import { readJoinOptions } from '../../src/cluster/join-options.ts';

let folder: string;
beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'app-')));
  const files = {
    'shop/package.json': '{ "name": "@acme/shop" }',
    'shop/dist/package.json': '{ "type": "module" }',
    'shop/dist/main.js': '',
    'shop/node_modules/next/package.json': '{ "name": "next" }',
    'shop/node_modules/next/bin.js': '',
    'till/package.json': '{ "name": "@acme/shop" }',
    'till/main.js': '',
    'lost/main.js': '',
    'lost/package.json': 'no JSON',
  };
  for (const [path, text] of Object.entries(files)) {
    await mkdir(join(folder, path, '..'), { recursive: true });
    await writeFile(join(folder, path), text);
  }
});
afterAll(() => rm(folder, { recursive: true }));

/** A process that runs a program of the folder. */
function host(
  program: string | undefined,
  env: NodeJS.ProcessEnv = {},
  cwd = '',
): Parameters<typeof application>[0] {
  const argv = ['/usr/bin/node', ...(program === undefined ? [] : [join(folder, program)])];
  return { argv, env, cwd: () => join(folder, cwd) };
}

const shop = (): object => ({
  cluster: '@acme/shop',
  directory: defaultDirectory(`application\0${folder}/shop\0`),
});

describe('the application of a process', () => {
  it('is the nearest package with a name, from its program upwards, wherever it was started', async () => {
    expect(await application(host('shop/dist/main.js'))).toEqual(shop());
    expect(await application(host('shop/dist/main.js', {}, 'till'))).toEqual(shop());
  });

  it.each([
    ['has no program', undefined],
    ['runs a command of a package', 'shop/node_modules/next/bin.js'],
    ['runs what is no file', 'shop/[worker eval]'],
  ])('is that of the working directory if it %s', async (_what, program) => {
    expect(await application(host(program, {}, 'shop/dist'))).toEqual(shop());
  });

  it('is what PM2 runs', async () => {
    const env = { pm_id: '0', pm_exec_path: join(folder, 'shop/dist/main.js') };
    expect(await application(host('shop/node_modules/next/bin.js', env, 'till'))).toEqual(shop());
    expect(await application(host('till/main.js', env))).not.toEqual(shop());
  });

  it('is told from others of the same name, and from itself in another environment', async () => {
    const found = await Promise.all([
      application(host('shop/dist/main.js')),
      application(host('till/main.js')),
      application(host('shop/dist/main.js', { NODE_ENV: 'test' })),
      application(host('shop/dist/main.js', { NODE_ENV: 'production' })),
    ]);
    expect(new Set(found.map(({ cluster }) => cluster))).toEqual(new Set(['@acme/shop']));
    expect(new Set(found.map(({ directory }) => directory)).size).toBe(4);
  });

  it('is what CACHEX_CLUSTER says', async () => {
    const env = { CACHEX_CLUSTER: 'stock' };
    expect(await application(host('lost/main.js', env))).toEqual({ cluster: 'stock', directory: undefined });
  });

  it('must be told where no package has a name', async () => {
    await expect(application(host('lost/main.js'))).rejects.toThrow(
      expect.objectContaining({
        code: 'INVALID_OPTION',
        message: expect.stringMatching(/^cluster: .*\/lost or above; pass a name, or set CACHEX_CLUSTER$/),
      }),
    );
  });
});

describe('the options of join', () => {
  const store = { read: () => {}, compareAndSet: () => {}, watch: () => {}, close: () => {} };

  it('are those of the application, unless they say otherwise', async () => {
    const from = host('shop/dist/main.js');
    expect(await readJoinOptions({ weight: 2 }, from)).toEqual({ ...shop(), weight: 2 });
    expect(await readJoinOptions({ cluster: 'stock' }, from)).toEqual({ cluster: 'stock' });
    const directory = '/run/shop';
    expect(await readJoinOptions({ directory }, from)).toEqual({ cluster: '@acme/shop', directory });
  });

  it('must name the cluster where other applications may meet', async () => {
    const from = host('shop/dist/main.js');
    await expect(readJoinOptions({ store }, from)).rejects.toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', message: expect.stringMatching(/^cluster: /) }),
    );
    const named = host('shop/dist/main.js', { CACHEX_CLUSTER: 'stock' });
    expect(await readJoinOptions({ store }, named)).toEqual({ cluster: 'stock', store });
  });
});
