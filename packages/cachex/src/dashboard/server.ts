import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CacheError, isCacheError } from '../errors.ts';
import { refuseForeign, refuseOtherSite, refuseStranger } from './access.ts';
import { perform } from './acts.ts';
import { Feed } from './feed.ts';
import type { DashboardSettings } from './options.ts';
import { type PageFile, readPage } from './page-file.ts';
import type { DashboardSource } from './source.ts';
import { Watchers } from './watchers.ts';

/** A page that is being served. */
export interface Dashboard {
  /** Where it is to be opened, at this machine. */
  readonly url: string;
  /** Sends everybody away and stops listening. Its node does so as well when it ends. */
  close(): Promise<void>;
}

/** In bytes. */
const largestBody = 16_384;
const mostConnections = 64;

/** Serves one page, what it shows, and with a token what may be done there. */
export class DashboardServer implements Dashboard {
  readonly url: string;
  readonly #server: Server;
  readonly #source: DashboardSource;
  readonly #token: string | undefined;
  readonly #page: PageFile;
  readonly #feed: Feed;
  readonly #watchers: Watchers;
  #closing: Promise<void> | undefined;

  static async start(source: DashboardSource, settings: DashboardSettings): Promise<DashboardServer> {
    const page = await readPage();
    const server = createServer({ maxHeaderSize: 8_192, headersTimeout: 10_000, requestTimeout: 20_000 });
    server.maxConnections = mostConnections;
    // It is no reason for the process to go on.
    server.unref();
    server.on('connection', (socket) => socket.unref());
    await listening(server, settings);
    return new DashboardServer(source, settings, server, page);
  }

  /** Use {@link DashboardServer.start}. */
  private constructor(source: DashboardSource, settings: DashboardSettings, server: Server, page: PageFile) {
    const { host, token } = settings;
    const { port } = server.address() as AddressInfo;
    this.url = `http://${nameOf(host)}:${port}/`;
    this.#server = server;
    this.#source = source;
    this.#token = token;
    this.#page = page;
    this.#feed = new Feed(source, () => this.#watchers.tell());
    this.#watchers = new Watchers({
      clock: source.clock,
      frameFor: (seen) => this.#feed.frameFor(seen, token !== undefined),
      watched: (anybody) => (anybody ? this.#feed.start() : this.#feed.stop()),
    });
    server.on('request', (request, response) => {
      // Who goes away in the middle of an answer is no concern of this process.
      response.on('error', () => {});
      this.#answer(request, response).catch(() => response.destroy());
    });
  }

  close(): Promise<void> {
    this.#closing ??= new Promise((resolve) => {
      this.#feed.close();
      this.#watchers.close();
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
    return this.#closing;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { headers } = request;
    for (const [name, value] of Object.entries(guards)) response.setHeader(name, value);
    response.setHeader('content-security-policy', this.#page.policy);
    const foreign = refuseForeign(headers, this.#token);
    if (foreign !== undefined) return refuse(response, foreign.status, foreign.why);
    const path = (request.url ?? '').split('?', 1)[0];
    const route = routes[path!];
    if (route === undefined) return refuse(response, 404, 'there is nothing here');
    if (request.method !== route.method && !(request.method === 'HEAD' && path === '/')) {
      response.setHeader('allow', route.method);
      return refuse(response, 405, `ask with ${route.method}`);
    }
    const refused = route.open
      ? undefined
      : (refuseOtherSite(headers) ?? refuseStranger(headers, this.#token));
    if (refused !== undefined) {
      if (refused.status === 401) response.setHeader('www-authenticate', 'Bearer');
      return refuse(response, refused.status, refused.why);
    }
    if (path === '/') return this.#show(response);
    if (path === '/events') return this.#watch(response);
    return this.#act(request, response);
  }

  #show(response: ServerResponse): void {
    response.setHeader('content-type', 'text/html; charset=utf-8');
    response.setHeader('content-length', this.#page.html.length);
    response.end(this.#page.html);
  }

  #watch(response: ServerResponse): void {
    if (this.#watchers.full) {
      response.setHeader('retry-after', '5');
      refuse(response, 503, 'too many are watching');
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
    this.#watchers.add(response);
  }

  async #act(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.#token === undefined) return refuse(response, 403, 'without a token nothing may be changed');
    if (request.headers['content-type'] !== 'application/json') return refuse(response, 415, 'send JSON');
    try {
      const wish: unknown = JSON.parse(await bodyOf(request));
      reply(response, 200, { done: await perform(this.#source, wish) });
    } catch (error) {
      const { message } = error as Error;
      const status = isCacheError(error) || error instanceof SyntaxError ? 400 : 500;
      reply(response, status, { error: message });
    }
  }
}

const routes: Readonly<Record<string, { readonly method: 'GET' | 'POST'; readonly open: boolean }>> =
  Object.assign(Object.create(null), {
    // The page has nothing in it that is secret.
    '/': { method: 'GET', open: true },
    '/events': { method: 'GET', open: false },
    '/act': { method: 'POST', open: false },
  });

/** How an address is written where a name is expected; one that means all addresses is none to go to. */
function nameOf(host: string): string {
  const bare = unbracketed(host);
  if (bare === '0.0.0.0') return '127.0.0.1';
  if (bare === '::') return '[::1]';
  return bare.includes(':') ? `[${bare}]` : bare;
}

function unbracketed(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1');
}

/** Headers of every answer. */
const guards = {
  'cache-control': 'no-store',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

function refuse(response: ServerResponse, status: number, why: string): void {
  reply(response, status, { error: why });
}

function reply(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > largestBody)
      throw new CacheError('INVALID_OPTION', `a request may have ${largestBody} bytes at most`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

async function listening(server: Server, { port, host }: DashboardSettings): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const message = `port: nobody can listen at port ${port} of ${host} (${cause.code}); 0 is any port that is free`;
      reject(new CacheError('INVALID_OPTION', message, { cause }));
    });
    server.listen(port, unbracketed(host), resolve);
  });
  server.removeAllListeners('error');
  server.on('error', () => {});
}
