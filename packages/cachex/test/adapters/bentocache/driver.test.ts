import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { L2CacheDriver } from 'bentocache/types';
import { expect, it } from 'vitest';
import { type BentoCacheCache, type CachexDriverOptions, cachexDriver } from '../../../src/bentocache.ts';
import { Machine } from '../../cluster/fixtures/machine.ts';
import { type Compatibility, describeHost } from '../compatibility.ts';
import { type Place, places } from '../places.ts';

const host = 'bentocache';
const suite = 'registerCacheDriverTestSuite of bentocache/test_suite';

/** What Japa says of a test that has run. */
interface Ended {
  readonly event: string;
  readonly title: { readonly original: string };
  readonly errors: readonly unknown[];
}

/** Runs the suite in a process of its own, as it runs with Japa alone; see run-suite.mjs. */
async function runSuite(...args: string[]): Promise<Ended[]> {
  const program = fileURLToPath(new URL('run-suite.mjs', import.meta.url));
  const running = promisify(execFile)(process.execPath, [program, ...args], { timeout: 55_000 });
  // Where a test has failed the process says so, too, by its code.
  const { stdout } = await running.catch((error: { stdout: string }) => error);
  const events = stdout.trim().split('\n');
  return events.map((line) => JSON.parse(line) as Ended).filter(({ event }) => event === 'test:end');
}

async function onMachine<T>(work: (directory: string) => Promise<T>): Promise<T> {
  const machine = await Machine.start();
  try {
    await machine.worker('a');
    await machine.worker('b');
    return await work(machine.directory);
  } finally {
    await machine.stop();
  }
}

const runs: Readonly<Record<Place['name'], () => Promise<Ended[]>>> = {
  local: () => runSuite(),
  'three processes': () => onMachine(runSuite),
};

for (const { name: setUp, open } of places) {
  describeHost({ host, suite, setUp }, () => {
    it('passes', async ({ task }) => {
      const ended = await runs[setUp]();
      const compatibility: Compatibility = { host, suite, setUp, tests: ended.length };
      Object.assign(task.meta, { compatibility });
      expect(ended.map(({ title }) => title.original)).toContain(
        'namespace clear() should only clear prefixed keys',
      );
      expect(ended.filter(({ errors }) => errors.length > 0)).toEqual([]);
    });
  });

  describeHost({ host, suite: 'our own tests', setUp }, () => {
    const opened = open();
    const create = (options: Partial<CachexDriverOptions> = {}): L2CacheDriver => {
      const { factory, options: given } = cachexDriver({ cache: opened() as BentoCacheCache, ...options });
      return factory({ prefix: 'bento', ...given });
    };

    it('lets an entry live for the ms it is given', async () => {
      const driver = create();
      await driver.set('ada', 'one', 60_000);
      await driver.set('bob', 'two');
      const left = await opened().ttl('bento:ada');
      expect(left).toBeGreaterThan(0);
      expect(left).toBeLessThanOrEqual(60_000);
      expect(await opened().ttl('bento:bob')).toBeNull();
    });

    it('takes a prefix of its own, and clears that alone', async () => {
      const driver = create({ prefix: 'mine:' });
      await driver.namespace('users').set('ada', 'one');
      await opened().put('mineral', 'two');
      expect(await opened().get('mine:users:ada')).toBe('one');
      await driver.clear();
      expect(await driver.get('users:ada')).toBeUndefined();
      expect(await opened().get('mineral')).toBe('two');
    });

    it('leaves the cache open when it is disconnected', async () => {
      const driver = create();
      await driver.set('ada', 'one');
      await driver.disconnect();
      expect(await driver.get('ada')).toBe('one');
    });
  });
}
