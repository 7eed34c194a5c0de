// One process: `node.js <id> <weight> <directory>` joins the cluster, and does what it is told.
import { join } from 'cachex/cluster';
import type { Answer, Task } from './messages.ts';

const [id = '', weight = '', directory = ''] = process.argv.slice(2);

const node = await join({ cluster: 'weights', id, weight: Number(weight), directory, settle: '100ms' });
const squares = node.cache<number, number>('squares');
await node.ready();

function answer(found = 0): Answer {
  const { epoch, members } = node.status();
  const { weight, partitions } = members.find((member) => member.id === id)!;
  return { epoch, share: { id, weight, partitions, entries: squares.local.size() }, found };
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

function nextView(): Promise<void> {
  return new Promise((resolve) => {
    const seen = (): void => {
      node.off('view', seen);
      resolve();
    };
    node.on('view', seen);
  });
}

async function perform(task: Task): Promise<Answer> {
  switch (task.do) {
    case 'fill':
      await squares.putMany(numbers(task.count).map((n) => [n, n * n]));
      return answer();
    case 'read': {
      const values = await squares.getMany(numbers(task.count));
      return answer(values.filter((value, n) => value === n * n).length);
    }
    case 'setWeight':
      await node.setWeight(task.weight);
      await node.ready();
      return answer();
    case 'tell':
      // Each node learns of a view in its own time.
      while (node.status().epoch < task.epoch) await nextView();
      return answer();
    case 'leave': {
      const last = answer();
      await node.leave({ within: task.within });
      return last;
    }
  }
}

process.on('message', async (task: Task) => {
  const done = await perform(task);
  process.send!(done, () => task.do === 'leave' && process.disconnect());
});
process.send!(answer());
