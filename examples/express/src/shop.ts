import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { join } from 'cachex/cluster';
import { RateLimitStore } from 'cachex/express-rate-limit';
import { SessionStore } from 'cachex/express-session';
import express from 'express';
import { rateLimit } from 'express-rate-limit';
import session from 'express-session';

declare module 'express-session' {
  interface SessionData {
    basket?: string[];
  }
}

interface Product {
  readonly id: string;
  readonly price: number;
}

const { DIRECTORY: directory, LIMIT: limit = '100' } = process.env;

/** Stands for a slow database. */
async function loadProduct(id: string): Promise<Product> {
  console.log(`loading ${id}`);
  await setTimeout(50);
  return { id, price: id.length };
}

/** One of the processes of the shop; answers where it listens. */
export async function serve(port: number): Promise<string> {
  const node = await join({
    cluster: 'express-example',
    backups: 1,
    ...(directory === undefined ? {} : { directory }),
  });
  const products = node.cache('products', { ttl: '5m', functions: { loadProduct } });

  const app = express();
  app.use((_request, response, next) => {
    response.set('x-process', String(process.pid));
    next();
  });
  app.use(
    rateLimit({ windowMs: 60_000, limit: Number(limit), store: new RateLimitStore(node.cache('limits')) }),
  );
  app.use(
    session({
      store: new SessionStore(node.cache('sessions')),
      secret: process.env.SECRET ?? 'only for a try',
      resave: false,
      saveUninitialized: false,
      cookie: { maxAge: 3_600_000 },
    }),
  );
  app.get('/products/:id', async ({ params }, response) => {
    response.json(await products.fetch(params.id, 'loadProduct'));
  });
  app.put('/products/:id', express.json(), async ({ params: { id }, body }, response) => {
    await products.put(id, { id, price: Number(body.price) });
    response.json(await products.get(id));
  });
  app.post('/basket/:id', ({ params, session }, response) => {
    session.basket = [...(session.basket ?? []), params.id];
    response.json(session.basket);
  });

  const server = app.listen(port, '127.0.0.1');
  await once(server, 'listening');
  await node.ready();
  process.once('SIGTERM', async () => {
    // First no request is taken any more, then the entries are handed over.
    await new Promise((resolve) => server.close(resolve));
    await node.leave({ within: '10s' });
    process.exit();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
