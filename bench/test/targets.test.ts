import { expect, it } from 'vitest';
import { briefSettings, nameOf } from '../src/local/setting.ts';
import { allCandidates } from '../src/peers/index.ts';
import { comparisonsOf } from '../src/suites/local.ts';

it('sets a target wherever one was asked for, without --full', async () => {
  const candidates = await allCandidates();
  const peers = candidates.filter(({ name }) => !name.startsWith('cachex'));
  const comparable = peers.filter(({ ttl, limit }) => ttl && limit).map(({ name }) => name);
  expect(comparable).toContain('lru-cache with ttl');
  const found = briefSettings.flatMap((setting) =>
    comparisonsOf(setting, peers)
      .filter(({ target }) => target !== undefined)
      .map(({ case: name, peerName, target }) => [name, peerName, target]),
  );
  const [hit, reused, overwrite, insert, mix] = (
    [
      ['hit', 'fresh'],
      ['hit', 'reused'],
      ['overwrite', 'fresh'],
      ['insert', 'fresh'],
      ['zipf', 'fresh'],
    ] as const
  ).map(([mix, keys]) => nameOf({ mix, keys, entries: 100_000 }));
  const recorded = 'Cachex 4.1.1 (recorded)';
  const expected = [
    [hit, 'Map', 1],
    [hit, 'lru-cache with ttl', 2.5],
    [hit, recorded, 15],
    [`${hit}, with stats`, 'cachex without stats', 1 / 1.3],
    [`${hit}, with a hook`, 'cachex without a hook', 1 / 2],
    [reused, 'Map', 1 / 2],
    ...comparable.map((name) => [reused, name, 1]),
    [reused, recorded, 15],
    [overwrite, 'lru-cache with ttl', 2],
    [overwrite, recorded, 15],
    [`${overwrite}, with stats`, 'cachex without stats', 1 / 1.3],
    [`${overwrite}, with a hook`, 'cachex without a hook', 1 / 2],
    [insert, 'lru-cache with ttl', 3],
    ...comparable.map((name) => [mix, name, 1]),
  ];
  const sorted = (rows: unknown[]): string[] => rows.map((row) => JSON.stringify(row)).sort();
  expect(sorted(found)).toEqual(sorted(expected));
});
