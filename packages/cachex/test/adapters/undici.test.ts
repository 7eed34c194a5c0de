import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { Agent, interceptors } from 'undici';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createCache } from '../../src/index.ts';
import { type HttpCache, HttpCacheStore } from '../../src/undici.ts';
import { ManualClock } from '../manual-clock.ts';
import { describeHost } from './compatibility.ts';
import { listening } from './listening.ts';
import { places } from './places.ts';

const told = { host: 'undici', suite: 'our own tests' };

type CacheKey = Parameters<HttpCacheStore['get']>[0];
type CacheValue = Parameters<HttpCacheStore['createWriteStream']>[1];

function keyOf(path: string, headers: Record<string, string | string[]> = {}, method = 'GET'): CacheKey {
  return { origin: 'http://localhost', path, method, headers };
}

/** A response that is fresh for a second and deleted after five. */
function response(more: Partial<CacheValue> = {}): CacheValue {
  const now = Date.now();
  return {
    statusCode: 200,
    statusMessage: 'OK',
    headers: { foo: 'bar', list: ['a', 'b'] },
    cacheControlDirectives: { 'max-age': 1 },
    cachedAt: now,
    staleAt: now + 1_000,
    deleteAt: now + 5_000,
    ...more,
  };
}

async function write(
  store: HttpCacheStore,
  key: CacheKey,
  value: CacheValue,
  ...chunks: (string | Buffer)[]
) {
  const stream = store.createWriteStream(key, value);
  for (const chunk of chunks) stream.write(chunk);
  stream.end();
  await finished(stream);
}

async function bodyOf(found: Awaited<ReturnType<HttpCacheStore['get']>>): Promise<string | undefined> {
  if (found === undefined) return undefined;
  return Buffer.concat(await Readable.from(found.body as Iterable<Buffer>).toArray()).toString();
}

for (const { name: setUp, open } of places) {
  describeHost({ ...told, setUp }, () => {
    const opened = open();
    beforeEach(async () => void (await opened().clear()));

    it('answers a response with all that was given with it, and only for its URL and method', async () => {
      const store = new HttpCacheStore(opened());
      expect(await store.get(keyOf('/'))).toBeUndefined();
      const value = response({ etag: '"v1"', vary: undefined as never });
      await write(store, keyOf('/'), value, Buffer.from('asd'), '123');
      const found = await store.get(keyOf('/'));
      const { vary: _none, ...expected } = value;
      expect(found).toMatchObject(expected);
      expect(await bodyOf(found)).toBe('asd123');
      expect(await store.get(keyOf('/asd'))).toBeUndefined();
      expect(await store.get(keyOf('/', {}, 'HEAD'))).toBeUndefined();
      expect(await store.get({ ...keyOf('/'), origin: 'http://localhost:81' })).toBeUndefined();
      await write(store, keyOf('/asd'), response({ statusCode: 404 }), 'nothing');
      expect(await store.get(keyOf('/asd'))).toMatchObject({ statusCode: 404 });
      expect(await bodyOf(await store.get(keyOf('/')))).toBe('asd123');
    });

    it('answers it again and again, also without a body', async () => {
      const store = new HttpCacheStore(opened());
      await write(store, keyOf('/'), response({ statusCode: 301, headers: { location: '/there' } }));
      for (const _ of [1, 2]) expect(await bodyOf(await store.get(keyOf('/')))).toBe('');
    });

    it('replaces a response by the next one', async () => {
      const store = new HttpCacheStore(opened());
      await write(store, keyOf('/'), response(), 'old');
      await write(store, keyOf('/'), response({ headers: { foo: 'baz' } }), 'new');
      const found = await store.get(keyOf('/'));
      expect(found).toMatchObject({ headers: { foo: 'baz' } });
      expect(await bodyOf(found)).toBe('new');
    });

    it('chooses by the headers that a response varies by, the newest if there are several', async () => {
      const store = new HttpCacheStore(opened());
      const tongue = (language: string | string[]): CacheKey => keyOf('/', { 'accept-language': language });
      const varying = (language: string | string[] | null): CacheValue =>
        response({ vary: { 'accept-language': language } });
      await write(store, tongue('de'), varying('de'), 'hallo');
      expect(await store.get(tongue('en'))).toBeUndefined();
      await write(store, tongue('en'), varying('en'), 'hello');
      await write(store, tongue(['fr', 'it']), varying(['fr', 'it']), 'salut');
      await write(store, keyOf('/'), varying(null), '?');
      const answered = async (key: CacheKey): Promise<string | undefined> => bodyOf(await store.get(key));
      expect([
        await answered(tongue('de')),
        await answered(tongue('en')),
        await answered(tongue(['fr', 'it'])),
      ]).toEqual(['hallo', 'hello', 'salut']);
      expect([
        await answered(keyOf('/', { other: 'x' })),
        await answered(tongue('fr')),
        await answered(tongue(['it', 'fr'])),
      ]).toEqual(['?', undefined, undefined]);
      const later = response({ cachedAt: Date.now() + 10, vary: { accept: 'text/html', dnt: null } });
      await write(store, keyOf('/', { accept: 'text/html' }), later, 'html');
      expect(await answered(keyOf('/', { 'accept-language': 'de', accept: 'text/html' }))).toBe('html');
      expect(await answered(keyOf('/', { 'accept-language': 'de', accept: 'text/html', dnt: '1' }))).toBe(
        'hallo',
      );
    });

    it('keeps every variant that is stored at the same time', async () => {
      const store = new HttpCacheStore(opened());
      const names = Array.from({ length: 10 }, (_, n) => `h${n}`);
      await Promise.all(
        names.map((name) =>
          write(store, keyOf('/', { [name]: 'x' }), response({ vary: { [name]: 'x' } }), name),
        ),
      );
      for (const name of names) expect(await bodyOf(await store.get(keyOf('/', { [name]: 'x' })))).toBe(name);
    });

    it('removes all responses of a URL, whatever the method and the headers, and no others', async () => {
      const store = new HttpCacheStore(opened());
      await write(store, keyOf('/a', { accept: 'x' }), response({ vary: { accept: 'x' } }), 'x');
      await write(store, keyOf('/a', {}, 'HEAD'), response());
      await write(store, keyOf('/b'), response(), 'b');
      await store.delete(keyOf('/a', {}, 'POST'));
      expect(await store.get(keyOf('/a', { accept: 'x' }))).toBeUndefined();
      expect(await store.get(keyOf('/a', {}, 'HEAD'))).toBeUndefined();
      expect(await bodyOf(await store.get(keyOf('/b')))).toBe('b');
      await store.delete(keyOf('/c'));
    });

    it('does not store what a deletion has overtaken', async () => {
      const store = new HttpCacheStore(opened());
      await write(store, keyOf('/'), response(), 'first');
      const stream = store.createWriteStream(keyOf('/'), response());
      await new Promise((resolve) => stream.write('out of date', resolve));
      await store.delete(keyOf('/'));
      stream.end();
      await finished(stream);
      expect(await store.get(keyOf('/'))).toBeUndefined();
      await write(store, keyOf('/'), response(), 'new');
      expect(await bodyOf(await store.get(keyOf('/')))).toBe('new');
    });

    it('stores nothing of what is too large or breaks off', async () => {
      const store = new HttpCacheStore(opened(), { maxEntrySize: 10 });
      const large = store.createWriteStream(keyOf('/large'), response());
      const closed = new Promise((resolve) => large.once('close', resolve));
      large.write('0123456789');
      await closed;
      const broken = store.createWriteStream(keyOf('/broken'), response());
      await new Promise((resolve) => broken.write('012', resolve));
      broken.destroy();
      await write(store, keyOf('/'), response(), '012345678');
      expect(await store.get(keyOf('/large'))).toBeUndefined();
      expect(await store.get(keyOf('/broken'))).toBeUndefined();
      expect(await bodyOf(await store.get(keyOf('/')))).toBe('012345678');
    });

    it('serves the interceptor: fresh, revalidated, by header, invalidated by an unsafe request', async () => {
      const cache: HttpCache = opened();
      const asked: string[] = [];
      await using server = await listening((request: IncomingMessage, answer: ServerResponse) => {
        asked.push(`${request.method} ${request.url} ${request.headers['if-none-match'] ?? ''}`.trim());
        if (request.url === '/etag') {
          answer.writeHead(request.headers['if-none-match'] === '"1"' ? 304 : 200, {
            etag: '"1"',
            'cache-control': 'public, no-cache',
          });
          return void answer.end('tagged');
        }
        answer.writeHead(200, { 'cache-control': 'max-age=60', vary: 'accept' });
        answer.end(`${request.headers.accept} ${asked.length}`);
      });
      const agents = [1, 2].map(() =>
        new Agent().compose(interceptors.cache({ store: new HttpCacheStore(cache), methods: ['GET'] })),
      );
      let turn = 0;
      const ask = async (path: string, accept = 'text', method: 'GET' | 'POST' = 'GET'): Promise<string> => {
        turn += 1;
        const agent = agents[turn % 2]!;
        const { body } = await agent.request({ origin: server.url, path, method, headers: { accept } });
        return body.text();
      };
      expect(await ask('/a')).toBe('text 1');
      const stored = { origin: server.url, path: '/a', method: 'GET', headers: { accept: 'text' } };
      await vi.waitFor(async () => expect(await new HttpCacheStore(cache).get(stored)).toBeDefined());
      expect([await ask('/a'), await ask('/a')]).toEqual(['text 1', 'text 1']);
      expect(await ask('/a', 'html')).not.toBe('text 1');
      await ask('/a', 'text', 'POST');
      // Nobody waits for what the interceptor has the store delete.
      await vi.waitFor(async () => expect(await new HttpCacheStore(cache).get(stored)).toBeUndefined());
      const before = asked.length;
      expect(await ask('/a')).toBe(`text ${before + 1}`);
      expect(await ask('/etag')).toBe('tagged');
      await vi.waitFor(async () => {
        expect(await ask('/etag')).toBe('tagged');
        expect(asked.at(-1)).toBe('GET /etag "1"');
      });
      await Promise.all(agents.map((agent) => agent.destroy()));
    });
  });
}

describeHost({ ...told, setUp: 'local' }, () => {
  afterEach(() => void vi.useRealTimers());

  it('answers a response while it is stale, and no longer than until it is to be deleted', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const clock = new ManualClock();
    using cache = createCache({ clock });
    const store = new HttpCacheStore(cache);
    const advance = (ms: number): void => {
      clock.advance(ms);
      vi.setSystemTime(Date.now() + ms);
    };
    await write(store, keyOf('/'), response(), 'one');
    advance(1_500);
    expect(await bodyOf(await store.get(keyOf('/')))).toBe('one');
    // A later response makes the URL known for longer.
    await write(store, keyOf('/', {}, 'HEAD'), response());
    advance(4_000);
    expect(await store.get(keyOf('/'))).toBeUndefined();
    expect(await store.get(keyOf('/', {}, 'HEAD'))).toBeDefined();
    advance(1_500);
    expect(await store.get(keyOf('/', {}, 'HEAD'))).toBeUndefined();
    cache.purge();
    expect(cache.size()).toBe(0);
    await write(store, keyOf('/'), response({ deleteAt: Date.now() }), 'over');
    expect(await store.get(keyOf('/'))).toBeUndefined();
  });
});

describeHost({ ...told, setUp: 'local' }, () => {
  it('refuses wrong options', () => {
    const cache = createCache();
    expect(() => new HttpCacheStore(cache, { maxSize: 5 } as object)).toThrow(/unknown option 'maxSize'/);
    expect(() => new HttpCacheStore(cache, { maxEntrySize: -1 })).toThrow(/maxEntrySize: -1/);
    expect(() => new HttpCacheStore(cache, { onError: 5 as never })).toThrow(/onError: 5 is not a function/);
  });

  it('tells onError what fails, while requests go on', async () => {
    const cache = createCache();
    const errors: unknown[] = [];
    const store = new HttpCacheStore(cache, {
      onError: (error) => errors.push(error),
    });
    cache.close();
    await using server = await listening((_request, answer) => {
      answer.writeHead(200, { 'cache-control': 'max-age=60' }).end('fine');
    });
    const agent = new Agent().compose(interceptors.cache({ store }));
    const { body } = await agent.request({ origin: server.url, path: '/', method: 'GET' });
    expect(await body.text()).toBe('fine');
    await vi.waitFor(() => expect(errors.length).toBeGreaterThan(1));
    for (const error of errors) expect(error).toMatchObject({ code: 'CLOSED' });
    await agent.destroy();
  });
});
