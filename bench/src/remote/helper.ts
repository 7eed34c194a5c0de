import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

/** What a helper that works for another process says first. */
export type Started = { readonly pid: number } | { readonly failed: string };

/**
 * Starts a module of ours as a process that lives as long as its parent wants it to, and no longer: each ends when its channel
 * to the parent does, however that ended.
 */
export function startHelper(module: URL, args: readonly string[], execPath = process.execPath): ChildProcess {
  return fork(module, [...args], { execPath, execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
}

/** The same, once it has said that it is ready; rejects if it cannot be. */
export async function startWorker(
  module: URL,
  args: readonly string[],
): Promise<{ readonly helper: ChildProcess; readonly pid: number }> {
  const helper = startHelper(module, args);
  const started = await nextMessage<Started>(helper);
  if ('pid' in started) return { helper, pid: started.pid };
  await endHelper(helper);
  throw new Error(started.failed);
}

/** The next message of a helper; rejects if it ends before. */
export async function nextMessage<T>(helper: ChildProcess): Promise<T> {
  const waiting = new AbortController();
  const { signal } = waiting;
  try {
    return await Promise.race([
      once(helper, 'message', { signal }).then(([message]) => message as T),
      once(helper, 'exit', { signal }).then(([code]): never => {
        throw new Error(`${helper.spawnargs.slice(1, 3).join(' ')} has ended: exit code ${code}`);
      }),
    ]);
  } finally {
    waiting.abort();
  }
}

/** Ends a helper, and waits until it is gone. */
export async function endHelper(helper: ChildProcess): Promise<void> {
  if (helper.exitCode !== null || helper.signalCode !== null) return;
  const gone = once(helper, 'exit');
  if (helper.connected) helper.disconnect();
  await gone;
}
