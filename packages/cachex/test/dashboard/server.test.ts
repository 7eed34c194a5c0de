import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ClusterNode, type Dashboard, join } from '../../src/cluster/index.ts';
import type { Frame } from '../../src/dashboard/frame.ts';
import { mostWatchers } from '../../src/dashboard/watchers.ts';

const token = 'correct horse battery';
let directory: string;
let node: ClusterNode;
let open: Dashboard;
let guarded: Dashboard;

beforeAll(async () => {
  directory = await mkdtemp(joinPath(tmpdir(), 'cachex-'));
  node = await join({ cluster: 'shop', directory, id: 'a' });
  open = await node.dashboard({ port: 0 });
  guarded = await node.dashboard({ port: 0, token });
});
afterAll(async () => {
  await node.close();
  await rm(directory, { recursive: true });
});

interface Asked {
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

interface Answered {
  readonly status: number;
  readonly headers: Record<string, unknown>;
  readonly body: string;
}

/** As it is written: `fetch` would put its own `Host` there. An answer that does not end is read to its first frame. */
async function ask(
  { url }: Dashboard,
  { path = '/', method = 'GET', headers = {}, body }: Asked = {},
): Promise<Answered> {
  const asked = request(url, { path, method, headers, agent: false });
  asked.end(body);
  const [response] = await once(asked, 'response');
  let text = '';
  for await (const chunk of response) {
    text += chunk;
    if (text.includes('\n\n') && path === '/events') break;
  }
  asked.destroy();
  return { status: response.statusCode, headers: response.headers, body: text };
}

/** The first of what is told. */
function firstFrame(body: string): Frame {
  return JSON.parse(body.slice('data: '.length, body.indexOf('\n\n'))) as Frame;
}

const bearer = { authorization: `Bearer ${token}` };
const act = (wish: unknown, headers: Record<string, string> = {}): Asked => ({
  path: '/act',
  method: 'POST',
  headers: { ...bearer, 'content-type': 'application/json', ...headers },
  body: typeof wish === 'string' ? wish : JSON.stringify(wish),
});

describe('the page', () => {
  it('is one file that may load and run nothing but what is in it', async () => {
    const { status, headers, body } = await ask(open);
    expect(status).toBe(200);
    expect(headers['content-type']).toBe('text/html; charset=utf-8');
    const policy = String(headers['content-security-policy']);
    expect(policy).toMatch(/^default-src 'none'; script-src 'sha256-\S+'; style-src 'sha256-\S+';/);
    expect(policy).not.toMatch(/unsafe|\*/);
    for (const rule of [
      "connect-src 'self'",
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ])
      expect(policy).toContain(rule);
    expect(headers).toMatchObject({
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'cross-origin-resource-policy': 'same-origin',
    });
    expect(body).not.toMatch(/(src|href)="(?!data:)/);
  });

  it('has the guards on every answer, and nothing else is there', async () => {
    const { status, headers } = await ask(open, { path: '/other' });
    expect(status).toBe(404);
    expect(headers['content-security-policy']).toContain("default-src 'none'");
    expect((await ask(open, { path: '/__proto__' })).status).toBe(404);
    expect((await ask(open, { path: '//' })).status).toBe(404);
    const posted = await ask(open, { method: 'POST' });
    expect([posted.status, posted.headers.allow]).toEqual([405, 'GET']);
    expect((await ask(open, { method: 'HEAD' })).status).toBe(200);
    expect((await ask(open, { path: '/events', method: 'HEAD' })).status).toBe(405);
  });
});

describe('without a token', () => {
  it('tells whoever asks at this machine', async () => {
    const { status, headers, body } = await ask(open, { path: '/events' });
    expect([status, headers['content-type']]).toEqual([200, 'text/event-stream; charset=utf-8']);
    const frame = firstFrame(body);
    expect(frame).toMatchObject({ cluster: 'shop', self: 'a', mayAct: false, partitions: 4_096 });
    expect(frame.ring).toEqual({ ids: ['a'], owners: [[0, 4_096]], backups: [[[], 4_096]] });
  });

  it.each(['localhost', 'localhost:9000', '127.0.0.1:80', '[::1]:7070'])(
    'knows itself as %s',
    async (host) => {
      expect((await ask(open, { path: '/events', headers: { host } })).status).toBe(200);
    },
  );

  it.each(['shop.example', '127.0.0.1.nip.io:80', 'localhost.evil.example', '10.0.0.1'])(
    'refuses a name that was made to lead here: %s',
    async (host) => {
      for (const path of ['/', '/events'])
        expect((await ask(open, { path, headers: { host } })).status).toBe(403);
    },
  );

  it.each(['https://evil.example', 'null', 'http://localhost:1', 'http://127.0.0.1.nip.io'])(
    'refuses what the page of somebody else asks for: %s',
    async (origin) => {
      expect((await ask(open, { path: '/events', headers: { origin } })).status).toBe(403);
    },
  );

  it('refuses what the page of somebody else has loaded without reading it, but not a link to the page', async () => {
    for (const site of ['cross-site', 'same-site']) {
      const headers = { 'sec-fetch-site': site };
      expect((await ask(open, { path: '/events', headers })).status).toBe(403);
      expect((await ask(open, { headers })).status).toBe(200);
    }
  });

  it('lets nobody change anything', async () => {
    const { status, body } = await ask(open, act({ act: 'setWeight', weight: 0 }));
    expect(status).toBe(403);
    expect(JSON.parse(body)).toEqual({ error: 'without a token nothing may be changed' });
    expect(node.status().members[0]!.weight).toBe(1);
  });
});

describe('with a token', () => {
  it('shows the page, and tells nothing to who does not know it', async () => {
    expect((await ask(guarded)).status).toBe(200);
    for (const authorization of ['', 'Bearer ', `Bearer ${token}x`, `Basic ${token}`, token]) {
      const { status, headers, body } = await ask(guarded, { path: '/events', headers: { authorization } });
      expect([status, headers['www-authenticate']]).toEqual([401, 'Bearer']);
      expect(body).not.toContain('shop');
      expect((await ask(guarded, act({ act: 'setWeight', weight: 0 }, { authorization }))).status).toBe(401);
    }
  });

  it('tells who knows it, under whatever name', async () => {
    const origin = 'https://dashboard.shop.example';
    for (const host of ['dashboard.shop.example', 'dashboard.shop.example:443']) {
      const { status, body } = await ask(guarded, { path: '/events', headers: { ...bearer, host, origin } });
      expect(status).toBe(200);
      expect(firstFrame(body)).toMatchObject({ mayAct: true });
    }
  });

  it('refuses another page all the same, and what is not sent as JSON', async () => {
    const wish = { act: 'setWeight', weight: 0 };
    expect((await ask(guarded, act(wish, { origin: 'https://evil.example' }))).status).toBe(403);
    expect((await ask(guarded, act(wish, { 'content-type': 'text/plain' }))).status).toBe(415);
    expect(node.status().members[0]!.weight).toBe(1);
  });

  it('deletes a key, clears a cache, and sets the weight of a node', async () => {
    const users = node.cache('users');
    await users.put('ada', 1);
    await users.put(['a', 1], 1);
    await users.put('bob', 1);
    const done = async (wish: unknown): Promise<unknown> => JSON.parse((await ask(guarded, act(wish))).body);
    expect(await done({ act: 'del', cache: 'users', key: 'ada' })).toEqual({ done: 'the key was deleted' });
    expect(await done({ act: 'del', cache: 'users', key: ['a', 1] })).toEqual({
      done: 'the key was deleted',
    });
    expect(await done({ act: 'del', cache: 'users', key: 'ada' })).toEqual({ done: 'there is no such key' });
    expect(await users.size()).toBe(1);
    expect(await done({ act: 'clear', cache: 'users' })).toEqual({ done: '1 entry of users removed' });
    expect(await users.size()).toBe(0);
    expect(await done({ act: 'setWeight', weight: 2 })).toEqual({ done: 'a has the weight 2' });
    expect(node.status().members[0]!.weight).toBe(2);
  });

  it.each([
    ['{', 'JSON'],
    ['null', 'act: undefined cannot be done here'],
    [{ act: 'clera' }, "did you mean 'clear'?"],
    [{ act: 'clear', cache: 'nothing' }, "cache: 'nothing' is not open at node 'a'"],
    [{ act: 'del', cache: 'users', key: {} }, 'is not a key'],
    [{ act: 'setWeight', weight: '1' }, "weight: '1' is not a number"],
    [{ act: 'setWeight', weight: -1 }, 'weight'],
    ['x'.repeat(20_000), 'at most'],
  ])('refuses what it does not understand: %j', async (wish, message) => {
    node.cache('users');
    const { status, body } = await ask(guarded, act(wish));
    expect(status).toBe(400);
    expect(JSON.parse(body).error).toContain(message);
  });
});

describe('a dashboard', () => {
  it('lets so many watch and no more, and another when one has gone', async () => {
    const { url } = open;
    const watching = await Promise.all(
      Array.from({ length: mostWatchers }, async () => {
        const abort = new AbortController();
        const { status } = await fetch(`${url}events`, { signal: abort.signal });
        expect(status).toBe(200);
        return abort;
      }),
    );
    const refused = await ask(open, { path: '/events' });
    expect([refused.status, refused.headers['retry-after']]).toEqual([503, '5']);
    for (const each of watching) each.abort();
    while ((await ask(open, { path: '/events' })).status !== 200);
  });

  it('says so if its port is taken', async () => {
    const port = Number(new URL(open.url).port);
    await expect(node.dashboard({ port })).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringContaining(`port ${port} of 127.0.0.1 (EADDRINUSE)`),
    });
  });

  it.each([
    ['localhost', 'localhost'],
    ['0.0.0.0', '127.0.0.1'],
    ['127.0.0.1', '127.0.0.1'],
  ])('listens at %s, and is to be opened at %s', async (host, name) => {
    const dashboard = await node.dashboard({ port: 0, host, token });
    expect(dashboard.url).toMatch(new RegExp(`^http://${name}:\\d+/$`));
    expect((await fetch(dashboard.url)).status).toBe(200);
    await dashboard.close();
  });

  it('can be closed while somebody watches, and again', async () => {
    const dashboard = await node.dashboard({ port: 0, host: 'localhost' });
    expect(dashboard.url).toMatch(/^http:\/\/localhost:\d+\/$/);
    const watching = await fetch(`${dashboard.url}events`);
    await dashboard.close();
    await dashboard.close();
    await watching.text().catch(() => {});
    await expect(fetch(dashboard.url)).rejects.toThrow();
  });

  it('ends with its node, and there is none after that', async () => {
    const leaving = await join({ cluster: 'other', directory: joinPath(directory, 'other'), id: 'b' });
    const { url } = await leaving.dashboard({ port: 0 });
    const watching = await fetch(`${url}events`);
    await leaving.close();
    await watching.text().catch(() => {});
    await expect(fetch(url)).rejects.toThrow();
    await expect(leaving.dashboard({ port: 0 })).rejects.toMatchObject({ code: 'CLOSED' });
  });
});
