// `node dist/main.js [port]`: a shop in three processes that listen at one port and share one cache.
import cluster from 'node:cluster';
import { once } from 'node:events';
import { serve } from './shop.ts';

const processes = 3;
const [port = '3000'] = process.argv.slice(2);

if (cluster.isPrimary) {
  const workers = Array.from({ length: processes }, () => cluster.fork());
  const ready = await Promise.all(workers.map((worker) => once(worker, 'message')));
  console.log(`listening at ${ready[0]?.[0]}`);
  const stop = (): void => {
    for (const worker of workers) worker.process.kill('SIGTERM');
  };
  process.once('SIGTERM', stop).once('SIGINT', stop);
} else {
  process.send?.(await serve(Number(port)));
}
