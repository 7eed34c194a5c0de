import express from 'express';
import { type Options, rateLimit } from 'express-rate-limit';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type RateLimitCache, RateLimitStore } from '../../src/express-rate-limit.ts';
import { createCache } from '../../src/index.ts';
import { setUps } from '../set-ups.ts';
import { listening } from './listening.ts';
import { places, ThreeProcesses } from './set-up.ts';

const windowMs = 60_000;

function storeOver(cache: RateLimitCache, prefix?: string): RateLimitStore {
  const store = new RateLimitStore(cache, prefix === undefined ? {} : { prefix });
  store.init({ windowMs });
  return store;
}

describe.each(places)('a store over a cache $name', (place) => {
  afterAll(() => place.close());

  it('counts the hits of each client from one, and tells when they are forgotten', async () => {
    const store = storeOver(await place.open());
    const before = Date.now();
    const { totalHits, resetTime } = await store.increment('ada');
    expect(totalHits).toBe(1);
    expect(resetTime!.getTime()).toBeGreaterThan(before);
    expect(resetTime!.getTime()).toBeLessThanOrEqual(Date.now() + windowMs);
    expect((await store.increment('ada')).totalHits).toBe(2);
    expect((await store.increment('bob')).totalHits).toBe(1);
  });

  it('answers what was counted, and nothing for who has no hits', async () => {
    const store = storeOver(await place.open());
    expect(await store.get('ada')).toBeUndefined();
    await store.increment('ada');
    await store.increment('ada');
    expect(await store.get('ada')).toMatchObject({ totalHits: 2, resetTime: expect.any(Date) });
  });

  it('takes hits back, but not more than there are, and makes no entry of that', async () => {
    const cache = await place.open();
    const store = storeOver(cache);
    await store.increment('ada');
    await store.increment('ada');
    await store.decrement('ada');
    expect((await store.get('ada'))?.totalHits).toBe(1);
    await store.decrement('ada');
    await store.decrement('ada');
    expect((await store.increment('ada')).totalHits).toBe(1);
    await store.decrement('bob');
    expect(await cache.keys()).toHaveLength(1);
  });

  it('forgets one client, or all, and nothing that is not its own', async () => {
    const cache = await place.open();
    const store = storeOver(cache);
    const other = storeOver(cache, 'other:');
    for (const key of ['ada', 'bob', 'eve']) await store.increment(key);
    await other.increment('ada');
    await store.resetKey('ada');
    expect(await store.get('ada')).toBeUndefined();
    expect((await store.get('bob'))?.totalHits).toBe(1);
    await store.resetAll();
    expect(await Promise.all(['ada', 'bob', 'eve'].map((key) => store.get(key)))).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect((await other.increment('ada')).totalHits).toBe(2);
  });

  it('limits requests behind the middleware, whose own checks find nothing to complain of', async () => {
    const cache = await place.open();
    const complaints = vi.fn();
    const logger = { debug() {}, info() {}, warn: complaints, error: complaints };
    const common: Partial<Options> = {
      windowMs,
      limit: 2,
      standardHeaders: 'draft-7',
      legacyHeaders: true,
      logger,
    };
    const all = rateLimit({ ...common, store: new RateLimitStore(cache) });
    const failed = rateLimit({
      ...common,
      store: new RateLimitStore(cache, { prefix: 'failed:' }),
      skipSuccessfulRequests: true,
      standardHeaders: false,
      legacyHeaders: false,
    });
    const app = express();
    app.get('/all', all, failed, (_request, response) => void response.send('fine'));
    await using server = await listening(app);
    const answers = [];
    for (let n = 0; n < 3; n += 1) answers.push(await fetch(`${server.url}/all`));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 429]);
    expect(answers.map(({ headers }) => headers.get('x-ratelimit-remaining'))).toEqual(['1', '0', '0']);
    expect(answers[2]!.headers.get('ratelimit')).toMatch(/^limit=2, remaining=0, reset=(59|60)$/);
    expect(complaints.mock.calls).toEqual([]);
    await vi.waitFor(async () => expect((await cache.getMany(await cache.keys())).sort()).toEqual([0, 3]));
  });
});

describe.each(setUps)('the window of a client $name', (setUp) => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now: 1_000_000 }));
  afterEach(() => void vi.useRealTimers());
  afterAll(() => setUp.close());

  it('begins with the first hit and ends on time, whatever comes meanwhile', async () => {
    const { cache, name, advance } = await setUp.open({ ttl: '5m' });
    const store = storeOver({ ...cache, name } as never);
    const at = (ms: number): Date => new Date(Date.now() + ms);
    expect(await store.increment('ada')).toEqual({ totalHits: 1, resetTime: at(windowMs) });
    advance(20_000);
    expect(await store.increment('ada')).toEqual({ totalHits: 2, resetTime: at(40_000) });
    await store.decrement('ada');
    expect(await store.get('ada')).toEqual({ totalHits: 1, resetTime: at(40_000) });
    advance(40_000);
    expect(await store.get('ada')).toBeUndefined();
    expect(await store.increment('ada')).toEqual({ totalHits: 1, resetTime: at(windowMs) });
  });
});

describe('several processes', () => {
  const adapter = { entry: 'cachex/express-rate-limit', name: 'RateLimitStore' };
  const place = new ThreeProcesses({ adapter });
  afterAll(() => place.close());

  it('lose no hit that they count at the same time', async () => {
    const store = storeOver(await place.open());
    const each = 200;
    await Promise.all(place.workers.map((worker) => worker.do('adapter', 'init', { windowMs })));
    const counts = Array.from({ length: each }, () => [
      store.increment('ada').then(({ totalHits }) => totalHits),
      ...place.workers.map(async (worker) => {
        const { totalHits } = await worker.do<{ totalHits: number }>('adapter', 'increment', 'ada');
        return totalHits;
      }),
    ]).flat();
    const seen = (await Promise.all(counts)).sort((one, other) => one - other);
    expect(seen).toEqual(Array.from({ length: 3 * each }, (_, n) => n + 1));
  });
});

describe('what cannot be', () => {
  const cache = createCache<string, number>();
  afterAll(() => cache.close());

  it('is refused before anything is counted', async () => {
    const wrong = { prefixes: 'a:' } as object;
    expect(() => new RateLimitStore(cache, wrong)).toThrow(/unknown option 'prefixes'.*'prefix'/);
    expect(() => new RateLimitStore(cache, { prefix: 5 as never })).toThrow(/prefix: 5 is not a string/);
    const rejected = { code: 'INVALID_OPTION', message: expect.stringContaining('rateLimit({ store })') };
    await expect(new RateLimitStore(cache).increment('ada')).rejects.toMatchObject(rejected);
  });

  it('is told by a rejection', async () => {
    const closed = createCache<string, number>();
    const store = storeOver(closed);
    closed.close();
    await expect(store.increment('ada')).rejects.toMatchObject({ code: 'CLOSED' });
    await expect(store.get('ada')).rejects.toMatchObject({ code: 'CLOSED' });
  });
});
