import { hashKey } from '@cachex/router/hash';
import { afterAll, describe, expect, it } from 'vitest';
import { itSteadily, setUps } from '../set-ups.ts';

describe.each(setUps)('explain $name', (setUp) => {
  afterAll(() => setUp.close());

  it('tells where a key lives', async () => {
    const { cache } = await setUp.open();
    await cache.put('ada', 1);
    const told = await cache.explain('ada');
    const { partition, partitions } = told;
    expect(told).toMatchObject({ key: 'ada', hash: hashKey('ada') });
    expect(partition).toBe(hashKey('ada') & (partitions - 1));
    expect(told.why).toMatch(
      new RegExp(`^partition ${partition} is the hash ${told.hash} modulo ${partitions}; `),
    );
  });

  itSteadily(setUp, 'knows at the owner how long the entry lives, without touching it', async () => {
    const { cache, owner, stranger, counted, advance } = await setUp.open({ stats: true });
    await cache.put('ada', 1, { ttl: 50 });
    expect(await owner('ada').explain('ada')).toMatchObject({ here: 'owner', live: true, remaining: 50 });
    expect(await cache.put('ada', 1)).toBeUndefined();
    expect(await owner('ada').explain('ada')).toMatchObject({ live: true, remaining: null });
    await cache.put('ada', 1, { ttl: 50 });
    advance(50);
    expect(await owner('ada').explain('ada')).toMatchObject({ live: false, remaining: undefined });
    expect(await counted()).toMatchObject({ hits: 0, misses: 0, expirations: 0 });
    if (setUp.nodes === 1) return;
    const elsewhere = await stranger('ada').explain('ada');
    expect(elsewhere).toMatchObject({ here: 'nothing', live: undefined, remaining: undefined, backups: [] });
    expect(elsewhere.owner).toMatch(/^[abc]$/);
    expect(elsewhere.why).toContain(`'${elsewhere.owner}' owns it since epoch ${elsewhere.term}`);
  });
});
