import type { ChildProcess } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';

/**
 * Stops a process as `kill -STOP` does. Whoever sends that signal does not wait for the threads to stop: on a busy machine
 * one of them may answer a question that comes afterwards.
 */
export async function suspend(child: ChildProcess): Promise<void> {
  child.kill('SIGSTOP');
  const end = performance.now() + 30_000;
  while (!(await isStopped(child.pid!)))
    if (performance.now() > end) throw new Error(`process ${child.pid} does not stop`);
}

/** Whether no thread of a process runs. */
async function isStopped(pid: number): Promise<boolean> {
  const threads = await readdir(`/proc/${pid}/task`);
  const stats = await Promise.all(threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/stat`)));
  // The state follows the name, which is in parentheses and may hold any character.
  return stats.every((stat) => stat.subarray(stat.lastIndexOf(')')).toString().startsWith(') T'));
}
