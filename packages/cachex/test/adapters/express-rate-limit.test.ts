import express from 'express';
import { type Options, rateLimit } from 'express-rate-limit';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { type RateLimitCache, RateLimitStore } from '../../src/express-rate-limit.ts';
import { createCache } from '../../src/index.ts';
import { Machine, type Worker } from '../cluster/fixtures/machine.ts';
import { ManualClock } from '../manual-clock.ts';
import { describeHost } from './compatibility.ts';
import { listening } from './listening.ts';
import { places } from './places.ts';

const told = { host: 'express-rate-limit', suite: 'our own tests' };
const windowMs = 60_000;

function storeOver(cache: RateLimitCache, prefix?: string): RateLimitStore {
  const store = new RateLimitStore(cache, prefix === undefined ? {} : { prefix });
  store.init({ windowMs });
  return store;
}

for (const { name: setUp, open } of places) {
  describeHost({ ...told, setUp }, () => {
    const opened = open();
    beforeEach(async () => void (await opened().clear()));

    it('counts the hits of each client from one, and tells when they are forgotten', async () => {
      const store = storeOver(opened());
      const before = Date.now();
      const { totalHits, resetTime } = await store.increment('ada');
      expect(totalHits).toBe(1);
      expect(resetTime!.getTime()).toBeGreaterThan(before);
      expect(resetTime!.getTime()).toBeLessThanOrEqual(Date.now() + windowMs);
      expect((await store.increment('ada')).totalHits).toBe(2);
      expect((await store.increment('bob')).totalHits).toBe(1);
    });

    it('answers what was counted, and nothing for who has no hits', async () => {
      const store = storeOver(opened());
      expect(await store.get('ada')).toBeUndefined();
      await store.increment('ada');
      await store.increment('ada');
      expect(await store.get('ada')).toMatchObject({ totalHits: 2, resetTime: expect.any(Date) });
    });

    it('takes hits back, but not more than there are, and makes no entry of that', async () => {
      const cache = opened();
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
      const cache = opened();
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
      const cache = opened();
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
}

describeHost({ ...told, setUp: 'local' }, () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now: 1_000_000 }));
  afterEach(() => void vi.useRealTimers());

  it('lets a window begin with the first hit and end on time, whatever comes meanwhile', async () => {
    const clock = new ManualClock();
    using cache = createCache({ clock, ttl: '5m' });
    const store = storeOver(cache);
    const at = (ms: number): Date => new Date(Date.now() + ms);
    expect(await store.increment('ada')).toEqual({ totalHits: 1, resetTime: at(windowMs) });
    clock.advance(20_000);
    expect(await store.increment('ada')).toEqual({ totalHits: 2, resetTime: at(40_000) });
    await store.decrement('ada');
    expect(await store.get('ada')).toEqual({ totalHits: 1, resetTime: at(40_000) });
    clock.advance(40_000);
    expect(await store.get('ada')).toBeUndefined();
    expect(await store.increment('ada')).toEqual({ totalHits: 1, resetTime: at(windowMs) });
  });
});

describeHost({ ...told, setUp: 'three processes' }, () => {
  let machine: Machine;
  beforeAll(async () => {
    machine = await Machine.start();
  });
  afterAll(() => machine.stop());

  it('loses no hit that processes count at the same time', async () => {
    const adapter = { entry: 'cachex/express-rate-limit', name: 'RateLimitStore' };
    const workers: Worker[] = [];
    for (const id of ['a', 'b', 'c']) workers.push(await machine.worker(id, { adapter }));
    await Promise.all(workers.map((worker) => worker.do('ready', 3)));
    const each = 200;
    await Promise.all(workers.map((worker) => worker.do('adapter', 'init', { windowMs })));
    const counts = Array.from({ length: each }, () =>
      workers.map(async (worker) => {
        const { totalHits } = await worker.do<{ totalHits: number }>('adapter', 'increment', 'ada');
        return totalHits;
      }),
    ).flat();
    const seen = (await Promise.all(counts)).sort((one, other) => one - other);
    expect(seen).toEqual(Array.from({ length: 3 * each }, (_, n) => n + 1));
  });
});

describeHost({ ...told, setUp: 'local' }, () => {
  const cache = createCache<string, number>();
  afterAll(() => cache.close());

  it('refuses what cannot be before anything is counted', async () => {
    const wrong = { prefixes: 'a:' } as object;
    expect(() => new RateLimitStore(cache, wrong)).toThrow(/unknown option 'prefixes'.*'prefix'/);
    expect(() => new RateLimitStore(cache, { prefix: 5 as never })).toThrow(/prefix: 5 is not a string/);
    const rejected = { code: 'INVALID_OPTION', message: expect.stringContaining('rateLimit({ store })') };
    await expect(new RateLimitStore(cache).increment('ada')).rejects.toMatchObject(rejected);
  });

  it('rejects when the cache fails', async () => {
    const closed = createCache<string, number>();
    const store = storeOver(closed);
    closed.close();
    await expect(store.increment('ada')).rejects.toMatchObject({ code: 'CLOSED' });
    await expect(store.get('ada')).rejects.toMatchObject({ code: 'CLOSED' });
  });
});
