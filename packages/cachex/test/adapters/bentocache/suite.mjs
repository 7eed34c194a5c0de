// BentoCache's suite for drivers, unmodified, in the form that it documents. Loaded by run-suite.mjs.
import { test } from '@japa/runner';
import { registerCacheDriverTestSuite } from 'bentocache/test_suite';
import { createCache } from 'cachex';
import { cachexDriver } from 'cachex/bentocache';
import { join } from 'cachex/cluster';

/** Where the nodes of the cluster meet; without, the cache is one of this process. */
const directory = process.argv[2];
const node =
  directory === undefined
    ? undefined
    : await join({ cluster: 'processes', directory, id: 'tests', settle: '10ms' });
const cache = node?.cache('users') ?? createCache();
await node?.ready();

test.group('cachexDriver', (group) => {
  registerCacheDriverTestSuite({
    test,
    group,
    supportsMilliseconds: true,
    createDriver: (options) => {
      const driver = cachexDriver({ cache });
      return driver.factory({ prefix: 'japa', ...driver.options, ...options });
    },
  });
  group.teardown(() => node?.close());
});
