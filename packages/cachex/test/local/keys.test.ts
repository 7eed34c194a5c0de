import { describe, expect, it } from 'vitest';
import { createCache } from '../../src/index.ts';

/** A cache with an entry whose key is an array that is changed later. */
function withKey() {
  const cache = createCache<(string | number)[], number>();
  const key = ['a', 1];
  cache.put(key, 1);
  return { cache, key };
}

describe('an array that is a key', () => {
  it('may be changed while an update waits', async () => {
    const { cache, key } = withKey();
    const updated = cache.update(key, async (value) => value + 1);
    key[1] = 2;
    expect(await updated).toBe(true);
    expect(cache.get(['a', 1])).toBe(2);
  });

  it('may be changed while a transaction waits', async () => {
    const { cache, key } = withKey();
    const done = cache.transaction([key], async (tx) => {
      const value = tx.get(['a', 1]) ?? 0;
      await null;
      tx.put(['a', 1], value + 1);
    });
    key[1] = 2;
    await done;
    expect([...cache.entries()]).toEqual([[['a', 1], 2]]);
  });

  it('may be changed by a value that is put under it', () => {
    const cache = createCache<string[], unknown>({ clone: true });
    const key = ['a'];
    const value = {
      get changed() {
        key[0] = 'b';
        return true;
      },
    };
    cache.put(key, value);
    expect(cache.get(['b'])).toEqual({ changed: true });
  });
});
