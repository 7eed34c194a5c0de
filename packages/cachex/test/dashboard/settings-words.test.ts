import { expect, it } from 'vitest';
import { settingsInWords } from '../../src/dashboard/settings-words.ts';

it('says the settings of a cache in words', () => {
  const limit = { size: 1_500, bytes: 8 * 1_024 * 1_024, heap: 0.7, policy: 'lru', sizeOf: false };
  const expiration = { interval: 3_000, lazy: false, jitter: 0.1 };
  expect(settingsInWords({ ttl: 5_400_000, expiration, limit, backups: false, later: { known: 1 } })).toEqual(
    [
      ['time to live', '90 min'],
      ['sweeps', 'every 3 s'],
      ['when found expired', 'left for the next sweep'],
      ['jitter', 'up to 10 %'],
      ['limit', '1,500 entries a node, 8 MiB a node, 70 % of the heap'],
      ['eviction', 'lru'],
      ['backups', 'none for this cache'],
      ['later', '{"known":1}'],
    ],
  );
});

it('says what holds where nothing was set', () => {
  const expiration = { interval: false, lazy: true, jitter: 0 };
  expect(settingsInWords({ ttl: null, expiration, limit: null, backups: true })).toEqual([
    ['time to live', 'for ever'],
    ['sweeps', 'none'],
    ['limit', 'none'],
    ['backups', 'as the cluster has'],
  ]);
});
