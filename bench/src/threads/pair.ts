import { once } from 'node:events';
import { join } from 'node:path';
import { MessageChannel, Worker } from 'node:worker_threads';
import { temporaryFolder } from '../remote/temporary-folder.ts';
import type { ThreadData } from './thread.ts';
import { newRings, type WayName } from './ways.ts';

const program = new URL('./thread.js', import.meta.url);

/** How many frames go from one thread to another and back in a second, so many at a time. */
export async function measurePair(
  way: WayName,
  given: Pick<ThreadData, 'inFlight' | 'warmUp' | 'frames'>,
): Promise<number> {
  const { folder, remove } = temporaryFolder();
  const { port1, port2 } = new MessageChannel();
  const [one, two] = newRings();
  const path = join(folder, 'socket');
  const start = (side: ThreadData['side'], meeting: ThreadData['meeting']): Worker =>
    new Worker(program, {
      workerData: { way, side, meeting, ...given } satisfies ThreadData,
      transferList: [meeting.port],
    });
  const workers: Worker[] = [];
  try {
    const echo = start('echo', { path, port: port1, out: one, in: two });
    workers.push(echo);
    await once(echo, 'message');
    const asking = start('asking', { path, port: port2, out: two, in: one });
    workers.push(asking);
    const [perSecond] = await once(asking, 'message');
    return perSecond;
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
    remove();
  }
}
