import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { wallClock } from './wall-clock.ts';

export const HOST = '127.0.0.1';
/** Says whether the answer was there before the question was asked: `hit` or `load`. */
export const CACHE_HEADER = 'x-cache';

export interface Answer {
  /** When the scan ended, by `wallClock()`. */
  readonly computedAt: number;
  readonly neighbours: readonly Neighbour[];
}

export interface Neighbour {
  readonly cityId: number;
  readonly name: string;
  readonly country: string;
  readonly km: number;
}

export interface Neighbours {
  knows(cityId: number): boolean;
  nearest(cityId: number): Promise<Answer>;
}

/** Answers `GET /nearest/<city id>`. */
export function neighbourServer(neighbours: Neighbours): Server {
  const server = createServer(async (request, response) => {
    const asked = wallClock();
    if (!server.listening) response.setHeader('connection', 'close');
    const cityId = cityIdIn(request.url ?? '');
    if (cityId === undefined) return respond(response, 404, { error: 'ask for /nearest/<city id>' });
    if (!neighbours.knows(cityId)) return respond(response, 404, { error: `there is no city ${cityId}` });
    try {
      const answer = await neighbours.nearest(cityId);
      response.setHeader(CACHE_HEADER, answer.computedAt <= asked ? 'hit' : 'load');
      respond(response, 200, { cityId, ...answer });
    } catch (error) {
      respond(response, 503, { error: error instanceof Error ? error.message : String(error) });
    }
  });
  // A connection the load generator has not used for a while must not be closed just as it is used again.
  server.keepAliveTimeout = 0;
  return server;
}

/** Listens on this machine only, and answers the port. */
export async function listen(server: Server, port: number): Promise<number> {
  try {
    await once(server.listen(port, HOST), 'listening');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new Error(`Port ${port} is already taken.`, { cause: error });
  }
  return (server.address() as AddressInfo).port;
}

/** Takes no new connections and resolves when the requests under way have been answered. */
export function closeGracefully(server: Server): Promise<void> {
  // The callback's error says that the server did not listen yet, which is as good.
  return new Promise((resolve) => server.close(() => resolve()));
}

function cityIdIn(url: string): number | undefined {
  const id = /^\/nearest\/(\d{1,15})$/.exec(url)?.[1];
  return id === undefined ? undefined : Number(id);
}

function respond(response: ServerResponse, status: number, body: unknown): void {
  const bytes = Buffer.from(`${JSON.stringify(body)}\n`);
  response
    .writeHead(status, { 'content-type': 'application/json', 'content-length': bytes.length })
    .end(bytes);
}
