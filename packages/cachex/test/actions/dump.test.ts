import { afterAll, describe, expect, it } from 'vitest';
import { createCache } from '../../src/index.ts';
import { manyKeys } from '../keys.ts';
import { MemoryFiles } from '../memory-files.ts';
import { setUps } from '../set-ups.ts';

describe.each(setUps)('dump $name', (setUp) => {
  afterAll(() => setUp.close());

  it('writes the live entries of all nodes, and tells how far it is', async () => {
    const files = new MemoryFiles();
    const { cache, everywhere, advance } = await setUp.open({ files, expiration: { interval: false } });
    for (const key of manyKeys) await cache.put(key, { key, text: 'x'.repeat(20_000) });
    await cache.put('gone', 1, { ttl: 10 });
    advance(10);
    for (const [n, one] of everywhere.entries()) {
      const told: [number, number][] = [];
      const onProgress = (entries: number, bytes: number): void => void told.push([entries, bytes]);
      expect(await one.dump(`dump ${n}`, { onProgress })).toBe(manyKeys.length);
      expect(told.length).toBeGreaterThan(1);
      expect(told.at(-1)).toEqual([manyKeys.length, files.stored.get(`dump ${n}`)!.length]);
    }
    expect(await cache.save('again')).toBe(manyKeys.length);
    expect(files.unfinished).toBe(0);
    expect(await cache.load('dump 0')).toBe(manyKeys.length);
  });

  it('leaves the earlier file where it fails, and nothing else', async () => {
    const files = new MemoryFiles();
    const { cache } = await setUp.open({ files });
    await cache.put('ada', 1);
    await cache.dump('dump');
    const earlier = files.stored.get('dump');
    for (const key of manyKeys) await cache.put(key, 'x'.repeat(10_000));
    const failing = async (work: () => Promise<unknown>, error: object): Promise<void> => {
      await expect(work()).rejects.toMatchObject(error);
      expect([files.unfinished, files.stored.get('dump')]).toEqual([0, earlier]);
    };
    const thrown = new Error('no progress');
    const onProgress = (): never => {
      throw thrown;
    };
    await failing(() => cache.dump('dump', { onProgress }), thrown);
    await failing(() => cache.dump('dump', { onProgress: async () => onProgress() }), thrown);
    const reason = new Error('enough');
    await failing(() => cache.dump('dump', { signal: AbortSignal.abort(reason) }), reason);
    const late = new AbortController();
    const stopping = { signal: late.signal, onProgress: () => late.abort(reason) };
    await failing(() => cache.dump('dump', stopping), reason);
    files.failAfter = 3;
    await failing(() => cache.dump('dump'), { code: 'ENOSPC' });
    for (const path of ['', 5, undefined])
      await failing(() => cache.dump(path as never), { code: 'INVALID_OPTION' });
    await failing(() => cache.dump('dump', { onProgress: true } as never), { code: 'INVALID_OPTION' });
  });
});

describe('dump in this process', () => {
  it('names the key of a value that is not plain data', async () => {
    const files = new MemoryFiles();
    const cache = createCache<string, unknown>({ files });
    cache.put('ada', { born: () => 1 });
    await expect(cache.dump('dump')).rejects.toMatchObject({
      code: 'NOT_SERIALIZABLE',
      message: expect.stringMatching(/^the entry of 'ada': .*'born'/),
    });
    expect([files.unfinished, files.stored.size]).toEqual([0, 0]);
    cache.close();
    await expect(cache.dump('dump')).rejects.toMatchObject({ code: 'CLOSED' });
  });

  it('ends with CLOSED when the cache is closed meanwhile', async () => {
    const files = new MemoryFiles();
    const cache = createCache<number, string>({ files });
    for (let key = 0; key < 1_000; key += 1) cache.put(key, 'x'.repeat(1_000));
    const dump = cache.dump('dump', { onProgress: () => cache.close() });
    await expect(dump).rejects.toMatchObject({ code: 'CLOSED' });
    expect([files.unfinished, files.stored.size]).toEqual([0, 0]);
  });
});
