import { promisify } from 'node:util';
import express from 'express';
import session, { Cookie, type SessionData } from 'express-session';
import { beforeEach, expect, it, vi } from 'vitest';
import { type SessionCache, SessionStore, type SessionStoreOptions } from '../../src/express-session.ts';
import { createCache } from '../../src/index.ts';
import { ManualClock } from '../manual-clock.ts';
import { describeHost } from './compatibility.ts';
import { listening } from './listening.ts';
import { places } from './places.ts';

const told = { host: 'express-session', suite: 'our own tests' };

declare module 'express-session' {
  interface SessionData {
    user?: string;
    views?: number;
  }
}

/** The same, answering promises. */
function storeOver(cache: SessionCache, options?: SessionStoreOptions) {
  const store = new SessionStore(cache, options);
  return {
    get: promisify(store.get.bind(store)) as (id: string) => Promise<SessionData | undefined>,
    set: promisify(store.set.bind(store)),
    touch: promisify(store.touch.bind(store)),
    destroy: promisify(store.destroy.bind(store)),
    all: promisify(store.all.bind(store)) as () => Promise<Record<string, SessionData>>,
    length: promisify(store.length.bind(store)),
    clear: promisify(store.clear.bind(store)),
  };
}

function sessionOf(user: string, maxAge?: number): SessionData {
  const cookie = new (Cookie as unknown as new (options: object) => Cookie)({});
  if (maxAge !== undefined) cookie.maxAge = maxAge;
  return { cookie, user };
}

for (const { name: setUp, open } of places) {
  describeHost({ ...told, setUp }, () => {
    const opened = open();
    beforeEach(async () => void (await opened().clear()));

    it('answers a session as it was stored, a copy for each who asks, and nothing for an unknown id', async () => {
      const store = storeOver(opened());
      expect(await store.get('a')).toBeUndefined();
      const given = sessionOf('ada', 60_000);
      await store.set('a', given);
      given.user = 'eve';
      const one = await store.get('a');
      expect(one).toMatchObject({
        user: 'ada',
        cookie: { originalMaxAge: 60_000, path: '/', httpOnly: true },
      });
      one!.user = 'eve';
      expect((await store.get('a'))!.user).toBe('ada');
    });

    it('replaces a session, and removes it', async () => {
      const store = storeOver(opened());
      await store.set('a', sessionOf('ada'));
      await store.set('a', sessionOf('bob'));
      expect((await store.get('a'))!.user).toBe('bob');
      await store.destroy('a');
      await store.destroy('a');
      expect(await store.get('a')).toBeUndefined();
    });

    it('keeps a session for as long as its cookie says, or for its own time', async () => {
      const cache = opened();
      const store = storeOver(cache, { ttl: '1h' });
      await store.set('cookie', sessionOf('ada', 60_000));
      await store.set('own', sessionOf('bob'));
      const [cookie, own] = [await cache.ttl('cookie'), await cache.ttl('own')];
      expect(cookie).toBeGreaterThan(30_000);
      expect(cookie).toBeLessThanOrEqual(60_000);
      expect(own).toBeGreaterThan(3_500_000);
      expect(own).toBeLessThanOrEqual(3_600_000);
      await store.set('cookie', sessionOf('ada', -1));
      expect(await store.get('cookie')).toBeUndefined();
    });

    it('gives a session that is touched a new time, which its cookie tells, and leaves what it holds', async () => {
      const cache = opened();
      const store = storeOver(cache);
      await store.set('a', sessionOf('ada', 60_000));
      await store.touch('a', sessionOf('eve', 600_000));
      expect(await cache.ttl('a')).toBeGreaterThan(60_000);
      const found = await store.get('a');
      expect(found!.user).toBe('ada');
      expect(found!.cookie.expires!.getTime() - Date.now()).toBeGreaterThan(60_000);
      expect((await store.all()).a!.cookie.expires!.getTime() - Date.now()).toBeGreaterThan(60_000);
      await store.touch('a', sessionOf('ada', -1));
      expect(await store.get('a')).toBeUndefined();
    });

    it('does not bring a session back that is touched after it was removed', async () => {
      const cache = opened();
      const store = storeOver(cache);
      await store.set('a', sessionOf('ada', 60_000));
      await Promise.all([store.destroy('a'), store.touch('a', sessionOf('ada', 60_000))]);
      await store.touch('a', sessionOf('ada', 60_000));
      expect(await store.get('a')).toBeUndefined();
      expect(await cache.size()).toBe(0);
    });

    it('lists, counts and removes all', async () => {
      const store = storeOver(opened());
      expect([await store.all(), await store.length()]).toEqual([{}, 0]);
      for (const user of ['ada', 'bob', 'eve']) await store.set(`id of ${user}`, sessionOf(user, 60_000));
      const all = await store.all();
      expect(Object.keys(all).sort()).toEqual(['id of ada', 'id of bob', 'id of eve']);
      expect(all['id of bob']!.user).toBe('bob');
      expect(await store.length()).toBe(3);
      await store.clear();
      expect([await store.all(), await store.length()]).toEqual([{}, 0]);
    });

    it('does without callbacks', async () => {
      const cache = opened();
      const store = new SessionStore(cache);
      const { get } = storeOver(cache);
      store.set('a', sessionOf('ada'));
      await vi.waitFor(async () => expect(await get('a')).toBeDefined());
      store.touch('a', sessionOf('ada'));
      store.destroy('a');
      await vi.waitFor(async () => expect(await get('a')).toBeUndefined());
    });

    it('keeps the sessions of the middleware: counted up, regenerated, destroyed', async () => {
      const cache = opened();
      const app = express();
      const secret = 'a secret for a test';
      const store = new SessionStore(cache);
      app.use(
        session({ store, secret, resave: false, saveUninitialized: false, cookie: { maxAge: 60_000 } }),
      );
      app.get('/views', ({ session }, response) => {
        session.views = (session.views ?? 0) + 1;
        response.json(session.views);
      });
      app.get('/look', ({ session }, response) => void response.json(session.views ?? null));
      app.get('/anew', ({ session }, response, next) => {
        session.regenerate((error) => (error ? next(error) : response.json(null)));
      });
      app.get('/leave', ({ session }, response, next) => {
        session.destroy((error) => (error ? next(error) : response.json(null)));
      });
      await using server = await listening(app);
      let cookie = '';
      const ask = async (path: string): Promise<unknown> => {
        const response = await fetch(server.url + path, { headers: { cookie } });
        cookie = response.headers.getSetCookie()[0]?.split(';')[0] ?? cookie;
        return response.json();
      };
      expect([await ask('/look'), await cache.size()]).toEqual([null, 0]);
      expect([await ask('/views'), await ask('/views'), await ask('/look')]).toEqual([1, 2, 2]);
      expect(await cache.size()).toBe(1);
      const old = cookie;
      await ask('/anew');
      expect(await ask('/views')).toBe(1);
      expect(cookie).not.toBe(old);
      expect(await cache.size()).toBe(1);
      await ask('/leave');
      expect([await ask('/look'), await cache.size()]).toEqual([null, 0]);
    });
  });
}

describeHost({ ...told, setUp: 'local' }, () => {
  it('lets a session be over on time, and not before if it is touched', async () => {
    const clock = new ManualClock();
    using cache = createCache<string, string>({ clock });
    const store = storeOver(cache, { ttl: '10s' });
    await store.set('a', sessionOf('ada'));
    clock.advance(8_000);
    await store.touch('a', sessionOf('ada'));
    clock.advance(8_000);
    expect((await store.get('a'))!.user).toBe('ada');
    clock.advance(2_000);
    expect(await store.get('a')).toBeUndefined();
    expect(await store.length()).toBe(0);
    await store.touch('a', sessionOf('ada'));
    expect(await store.get('a')).toBeUndefined();
  });
});

describeHost({ ...told, setUp: 'local' }, () => {
  it('refuses wrong options, and tells the callback what fails', async () => {
    const cache = createCache<string, string>();
    expect(() => new SessionStore(cache, { tll: '1h' } as object)).toThrow(/unknown option 'tll'.*'ttl'/);
    expect(() => new SessionStore(cache, { ttl: 0 })).toThrow(/ttl: 0 is not a duration above zero/);
    const store = storeOver(cache);
    cache.close();
    const closed = { code: 'CLOSED' };
    await expect(store.get('a')).rejects.toMatchObject(closed);
    await expect(store.set('a', sessionOf('ada'))).rejects.toMatchObject(closed);
    await expect(store.touch('a', sessionOf('ada'))).rejects.toMatchObject(closed);
    await expect(store.all()).rejects.toMatchObject(closed);
  });
});
