import { setTimeout } from 'node:timers/promises';
import { commit, type Outcome } from 'cachex/cluster';
import { type FastifyInstance, fastify } from 'fastify';
import { shareCache } from './shared-cache.ts';

interface Article {
  readonly id: string;
  readonly author: string;
  readonly madeBy: number;
}

/** Stands for a slow database: an article with the name of its author, by whose id it is tagged. */
async function loadArticle(id: string): Promise<Outcome<Article>> {
  console.log(`loading ${id}`);
  await setTimeout(50);
  const [author = 'nobody'] = id.split('-');
  return commit({ id, author, madeBy: process.pid }, { tags: [author] });
}

/** The application of one process. */
export async function magazine(): Promise<FastifyInstance> {
  const app = fastify();
  await shareCache(app, 'fastify-example');
  const articles = app.node.cache('articles', { ttl: '1h', functions: { loadArticle } });

  app.get<{ Params: { id: string } }>('/articles/:id', ({ params }) =>
    articles.fetch(params.id, 'loadArticle'),
  );
  app.post<{ Params: { id: string } }>('/authors/:id/changed', async ({ params }) => ({
    forgotten: await articles.invalidateTag(params.id),
  }));
  app.get('/nodes', () => app.node.nodes().length);
  return app;
}
