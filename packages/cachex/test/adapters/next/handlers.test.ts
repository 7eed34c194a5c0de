import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createCache } from '../../../src/index.ts';
import { createCacheHandler, createIncrementalCacheHandler, type UseCacheEntry } from '../../../src/next.ts';
import { describeHost } from '../compatibility.ts';
import { places } from '../places.ts';

const told = { host: 'next', suite: 'our own tests' };

const start = Math.ceil(performance.timeOrigin + performance.now());

function streamOf(...chunks: string[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(new TextEncoder().encode(chunk));
      controller.close();
    },
  });
}

function entryOf(text: string, more: Partial<UseCacheEntry> = {}): UseCacheEntry {
  const timestamp = performance.timeOrigin + performance.now();
  return { value: streamOf(text), tags: [], stale: 30, timestamp, expire: 300, revalidate: 60, ...more };
}

async function textOf(entry: UseCacheEntry | undefined): Promise<string | undefined> {
  return entry && new Response(entry.value).text();
}

/** Lets the instants of Next move on: two of them are never the same. */
const later = (): Promise<void> =>
  vi.waitFor(() => {
    const now = Math.ceil(performance.timeOrigin + performance.now());
    if (now <= tick) throw new Error('it is the same millisecond');
    tick = now + 1;
  });
let tick = start;

for (const { name: setUp, open } of places) {
  describeHost({ ...told, setUp }, () => {
    const opened = open();
    beforeEach(async () => void (await opened().clear()));

    it('answers what was stored, a stream of its own for each reader', async () => {
      const handler = createCacheHandler(opened());
      expect(await handler.get('a', [])).toBeUndefined();
      const entry = entryOf('', { value: streamOf('one ', 'two'), tags: ['t'] });
      await handler.set('a', Promise.resolve(entry));
      const { value: _value, ...traits } = entry;
      const [one, two] = [await handler.get('a', []), await handler.get('a', [])];
      expect(one).toMatchObject(traits);
      expect([await textOf(one), await textOf(two)]).toEqual(['one two', 'one two']);
      await handler.set('b', Promise.resolve(entryOf('')));
      expect(await textOf(await handler.get('b', []))).toBe('');
      await handler.refreshTags();
    });

    it('lets who reads wait for what is being stored', async () => {
      const handler = createCacheHandler(opened());
      let resolve = (_entry: UseCacheEntry): void => {};
      const promise = new Promise<UseCacheEntry>((settle) => {
        resolve = settle;
      });
      const storing = handler.set('a', promise);
      const reading = handler.get('a', []);
      resolve(entryOf('pending'));
      expect(await textOf(await reading)).toBe('pending');
      await storing;
    });

    it('stores nothing that breaks off, fails or is over', async () => {
      const cache = opened();
      const handler = createCacheHandler(cache);
      const broken = new ReadableStream<Uint8Array>({
        start(controller) {
          controller.enqueue(new Uint8Array(3));
          controller.error(new Error('the render failed'));
        },
      });
      await handler.set('a', Promise.resolve(entryOf('', { value: broken })));
      await handler.set('b', Promise.reject(new Error('the render failed')));
      await handler.set('c', Promise.resolve(entryOf('dynamic', { expire: 0 })));
      await handler.set('d', Promise.resolve(entryOf('old', { timestamp: Date.now() - 400_000 })));
      expect(await Promise.all(['a', 'b', 'c', 'd'].map((key) => handler.get(key, [])))).toEqual(
        Array.from({ length: 4 }),
      );
      expect(await cache.size()).toBe(0);
    });

    it('expires what carries a tag, and frees its memory', async () => {
      const cache = opened();
      const handler = createCacheHandler(cache);
      await handler.set('a', Promise.resolve(entryOf('a', { tags: ['x', 'y'] })));
      await handler.set('b', Promise.resolve(entryOf('b', { tags: ['y'] })));
      await later();
      await handler.updateTags(['x']);
      expect(await handler.get('a', [])).toBeUndefined();
      expect(await textOf(await handler.get('b', []))).toBe('b');
      expect(await cache.exists(['use cache', 'a'] as never)).toBe(false);
      await later();
      await handler.set('a', Promise.resolve(entryOf('new', { tags: ['x', 'y'] })));
      expect(await textOf(await handler.get('a', []))).toBe('new');
    });

    it('does not serve what was made before its tag was updated and stored after that', async () => {
      const handler = createCacheHandler(opened());
      const entry = entryOf('out of date', { tags: ['x'] });
      await later();
      await handler.updateTags(['x']);
      await handler.set('a', Promise.resolve(entry));
      expect(await handler.get('a', [])).toBeUndefined();
    });

    it('knows tags that entries do not carry: soft ones', async () => {
      const handler = createCacheHandler(opened());
      expect(await handler.getExpiration(['_N_T_/', '_N_T_/page'])).toBe(0);
      await handler.set('a', Promise.resolve(entryOf('a')));
      await later();
      await handler.updateTags(['_N_T_/page']);
      const expiration = await handler.getExpiration(['_N_T_/', '_N_T_/page']);
      expect(expiration).toBeGreaterThan(start);
      expect(await handler.get('a', ['_N_T_/page'])).toBeUndefined();
      expect(await textOf(await handler.get('a', ['_N_T_/']))).toBe('a');
    });

    it('goes on serving what is stale, to be made anew meanwhile', async () => {
      const handler = createCacheHandler(opened());
      await handler.set('a', Promise.resolve(entryOf('a', { tags: ['x'] })));
      await later();
      await handler.updateTags(['x'], { expire: 60 });
      const stale = await handler.get('a', []);
      expect([stale!.revalidate, await textOf(stale)]).toEqual([-1, 'a']);
      expect(await handler.getExpiration(['x'])).toBe(0);
      await later();
      await handler.set('a', Promise.resolve(entryOf('new', { tags: ['x'] })));
      expect((await handler.get('a', []))!.revalidate).toBe(60);
      await later();
      await handler.updateTags(['x'], { expire: 0 });
      expect(await handler.get('a', [])).toBeUndefined();
    });

    it('keeps more tags than an entry of a cache can have, of any length', async () => {
      const handler = createCacheHandler(opened());
      const tags = Array.from({ length: 128 }, (_, n) => `tag ${n}`.padEnd(n === 127 ? 300 : 10));
      for (const tag of [tags[100]!, tags[127]!]) {
        await handler.set('a', Promise.resolve(entryOf('a', { tags })));
        expect(await textOf(await handler.get('a', []))).toBe('a');
        await later();
        await handler.updateTags([tag]);
        expect(await handler.get('a', [])).toBeUndefined();
        await later();
      }
    });

    it('sees what another handler over the same cache stores and updates', async () => {
      const cache = opened();
      const [one, two] = [createCacheHandler(cache), createCacheHandler(() => Promise.resolve(cache))];
      await one.set('a', Promise.resolve(entryOf('a', { tags: ['x'] })));
      expect(await textOf(await two.get('a', []))).toBe('a');
      await later();
      await two.updateTags(['x']);
      expect(await one.get('a', [])).toBeUndefined();
    });
  });
}

for (const { name: setUp, open } of places) {
  describeHost({ ...told, setUp }, () => {
    const opened = open();
    beforeEach(async () => void (await opened().clear()));

    const page = {
      kind: 'APP_PAGE',
      html: '<p>ada</p>',
      rscData: Buffer.from('rsc'),
      headers: { 'x-next-cache-tags': '_N_T_/layout,_N_T_/ada,users' },
      status: 200,
      postponed: undefined,
      segmentData: new Map([['/_tree', Buffer.from('tree')]]),
    };
    const fetched = {
      kind: 'FETCH',
      data: { headers: {}, body: 'e30=', url: '/', status: 200 },
      revalidate: 60,
      tags: ['api'],
    };

    it('answers pages, route handlers and fetches as they were stored', async () => {
      const Handler = createIncrementalCacheHandler(opened());
      const handler = new Handler({ revalidatedTags: [] });
      expect(await handler.get('/ada', { kind: 'APP_PAGE' })).toBeNull();
      const cacheControl = { revalidate: 60, expire: 3600 };
      await handler.set('/ada', page, { cacheControl });
      const found = await new Handler().get('/ada', { kind: 'APP_PAGE' });
      expect(found).toEqual({ value: page, cacheControl, lastModified: expect.any(Number) });
      expect(found!.lastModified).toBeGreaterThan(start);
      await handler.set('key', fetched, { tags: ['api'] });
      expect((await handler.get('key', { kind: 'FETCH', tags: ['api'], softTags: [] }))!.value).toEqual(
        fetched,
      );
      await handler.set('/nobody', null, { cacheControl: { revalidate: 1 } });
      expect(await handler.get('/nobody')).toMatchObject({ value: null });
      handler.resetRequestCache();
    });

    it('keeps a page for as long as its expire says, and else for the time of the cache', async () => {
      const cache = opened();
      const handler = new (createIncrementalCacheHandler(cache))();
      await handler.set('a', page, { cacheControl: { revalidate: 1, expire: 100 } });
      await handler.set('b', page, { cacheControl: { revalidate: false } });
      const left = await cache.ttl(['page', 'a'] as never);
      expect(left).toBeGreaterThan(90_000);
      expect(left).toBeLessThanOrEqual(100_000);
      expect(await cache.ttl(['page', 'b'] as never)).toBeNull();
    });

    it('expires pages by the tags in their headers, and fetches by theirs and those that are asked for', async () => {
      const Handler = createIncrementalCacheHandler(opened());
      const handler = new Handler();
      const fill = async (): Promise<void> => {
        await handler.set('/ada', page);
        await handler.set('key', fetched, { tags: ['more'] });
        await later();
      };
      await fill();
      await new Handler().revalidateTag('users');
      expect(await handler.get('/ada')).toBeNull();
      expect(await handler.get('key', { tags: ['api'] })).not.toBeNull();
      for (const tags of [['api'], ['none', 'more'], '_N_T_/page']) {
        await later();
        await fill();
        await handler.revalidateTag(tags);
        expect(
          await handler.get('key', { kind: 'FETCH', tags: ['api'], softTags: ['_N_T_/page'] }),
        ).toBeNull();
      }
      await later();
      await fill();
      const within = new Handler({ revalidatedTags: ['api'] });
      expect(await within.get('key', { kind: 'FETCH', tags: ['api'] })).toBeNull();
      expect(await handler.get('key', { kind: 'FETCH', tags: ['api'] })).not.toBeNull();
    });

    it('says of what is stale that it has to be made anew', async () => {
      const handler = new (createIncrementalCacheHandler(opened()))();
      await handler.set('/ada', page);
      await later();
      await handler.revalidateTag('users', { expire: 60 });
      expect(await handler.get('/ada')).toMatchObject({ lastModified: -1, value: { html: page.html } });
      await handler.revalidateTag('users', {});
      expect(await handler.get('/ada')).toMatchObject({ lastModified: -1 });
    });
  });
}

describeHost({ ...told, setUp: 'local' }, () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
  afterEach(() => void vi.useRealTimers());

  it('expires what is stale when it was said to, however often that is said again', async () => {
    using cache = createCache();
    const handler = createCacheHandler(cache);
    const revalidateOf = async (key: string): Promise<number | undefined> =>
      (await handler.get(key, []))?.revalidate;
    await handler.set('old', Promise.resolve(entryOf('old', { tags: ['x'] })));
    vi.advanceTimersByTime(1_000);
    await handler.updateTags(['x'], { expire: 60 });
    vi.advanceTimersByTime(30_000);
    await handler.set('between', Promise.resolve(entryOf('between', { tags: ['x'] })));
    expect([await revalidateOf('old'), await revalidateOf('between')]).toEqual([-1, 60]);
    vi.advanceTimersByTime(1_000);
    await handler.updateTags(['x'], { expire: 60 });
    expect([await revalidateOf('old'), await revalidateOf('between')]).toEqual([-1, -1]);
    vi.advanceTimersByTime(29_000);
    expect(await revalidateOf('old')).toBeUndefined();
    await handler.set('new', Promise.resolve(entryOf('new', { tags: ['x'] })));
    vi.advanceTimersByTime(1_000);
    // What was expired stays so after another revalidation.
    await handler.set('old', Promise.resolve(entryOf('old', { tags: ['x'], timestamp: 1 })));
    await handler.updateTags(['x'], {});
    expect([await revalidateOf('old'), await revalidateOf('new')]).toEqual([undefined, -1]);
    expect(await handler.getExpiration(['x'])).toBeGreaterThan(0);
  });
});

describeHost({ ...told, setUp: 'local' }, () => {
  it('misses and tells where the cache fails; updates of tags reject', async () => {
    const cache = createCache();
    cache.close();
    const errors: unknown[] = [];
    const options = { onError: (error: unknown) => errors.push(error) };
    const handler = createCacheHandler(cache, options);
    const incremental = new (createIncrementalCacheHandler(cache, options))();
    const closed = { code: 'CLOSED' };
    await handler.set('a', Promise.resolve(entryOf('a')));
    expect(await handler.get('a', [])).toBeUndefined();
    expect(await handler.getExpiration(['x'])).toBeGreaterThan(start);
    await incremental.set('/', null);
    expect(await incremental.get('/')).toBeNull();
    expect(errors).toHaveLength(5);
    for (const error of errors) expect(error).toMatchObject(closed);
    await expect(handler.updateTags(['x'])).rejects.toMatchObject(closed);
    await expect(incremental.revalidateTag('x')).rejects.toMatchObject(closed);
  });

  it('tries again to open a cache', async () => {
    using cache = createCache();
    let attempts = 0;
    const handler = createCacheHandler(async () => {
      attempts += 1;
      if (attempts === 1) throw new Error('nobody is there');
      return cache;
    });
    expect(attempts).toBe(0);
    await expect(handler.updateTags(['x'])).rejects.toThrow('nobody is there');
    await handler.set('a', Promise.resolve(entryOf('a')));
    expect(await textOf(await handler.get('a', []))).toBe('a');
    expect(attempts).toBe(2);
  });

  it('refuses wrong options', () => {
    using cache = createCache();
    expect(() => createCacheHandler(cache, { tag: cache } as object)).toThrow(/unknown option 'tag'.*'tags'/);
    expect(() => createIncrementalCacheHandler(cache, { onError: 1 as never })).toThrow(/onError: 1/);
  });
});

describeHost({ ...told, setUp: 'local' }, () => {
  it('keeps the records of tags elsewhere, if it is told to', async () => {
    using cache = createCache();
    using tags = createCache();
    const handler = createCacheHandler(cache, { tags });
    await handler.set('a', Promise.resolve(entryOf('a', { tags: ['x'] })));
    await later();
    await handler.updateTags(['x']);
    expect([cache.size(), tags.keys()]).toEqual([0, [['tag', 'x']]]);
  });
});
