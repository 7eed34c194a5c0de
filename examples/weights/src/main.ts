// Three processes share one cache, each as much of it as its weight says; then one of them gets a larger weight.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Answer, Share, Task } from './messages.ts';

const entries = 7_000;

/** For the nodes that leave at the end: nobody needs what they have any more. */
const handOver = 0;

const program = fileURLToPath(new URL('./node.js', import.meta.url));

async function answerOf(child: ChildProcess): Promise<Answer> {
  const over = new AbortController();
  const { signal } = over;
  const ended = once(child, 'exit', { signal }).then(() => {
    throw new Error(`${child.spawnargs.at(-3)} has ended`);
  });
  try {
    const [answer] = await Promise.race([once(child, 'message', { signal }), ended]);
    return answer;
  } finally {
    over.abort();
    ended.catch(() => {});
  }
}

async function ask(child: ChildProcess, task: Task): Promise<Answer> {
  const answer = answerOf(child);
  child.send(task);
  return answer;
}

/** What they hold in one view, the latest that any of them knows. */
async function show(title: string, children: readonly ChildProcess[]): Promise<void> {
  const tell = (epoch: number) => Promise.all(children.map((child) => ask(child, { do: 'tell', epoch })));
  const answers = await tell(Math.max(...(await tell(0)).map(({ epoch }) => epoch)));
  console.log(title);
  for (const { share } of answers) console.log(line(share));
}

function line({ id, weight, partitions, entries }: Share): string {
  const cells = [`weight ${weight}`, `${partitions} partitions`, `${entries} entries`];
  return [id.padEnd(8), ...cells.map((cell) => cell.padStart(16))].join('');
}

// Its name is short because the path of a Unix socket must be.
const directory = await mkdtemp(join(tmpdir(), 'weights-'));
const children: ChildProcess[] = [];
try {
  for (const [id, weight] of [
    ['small', 1],
    ['medium', 2],
    ['large', 4],
  ] as const) {
    const child = fork(program, [id, String(weight), directory]);
    children.push(child);
    await answerOf(child);
  }
  const [small, medium] = children as [ChildProcess, ChildProcess];
  await ask(medium, { do: 'fill', count: entries });
  await show('before', children);

  // The small one has moved to a larger machine.
  await ask(small, { do: 'setWeight', weight: 4 });
  await show('after setWeight(4) of the small one', children);

  const { found } = await ask(medium, { do: 'read', count: entries });
  console.log(`${found} of ${entries} entries were read`);
  for (const child of children) await ask(child, { do: 'leave', within: handOver });
} finally {
  for (const child of children) child.kill();
  await rm(directory, { recursive: true, force: true });
}
