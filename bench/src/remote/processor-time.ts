import { readdirSync, readFileSync } from 'node:fs';

/**
 * For how many seconds processes have used processors so far, all of their threads together. Exact to a tick of the kernel,
 * where the system tells (Linux); elsewhere `undefined`.
 */
export function processorSeconds(pids: readonly number[]): number | undefined {
  try {
    return pids.reduce((sum, pid) => sum + secondsOf(pid), 0);
  } catch {
    return undefined;
  }
}

const nanoseconds = 1e9;

function secondsOf(pid: number): number {
  const folder = `/proc/${pid}/task`;
  return readdirSync(folder).reduce((sum, thread) => {
    const [ran] = readFileSync(`${folder}/${thread}/schedstat`, 'latin1').split(' ');
    return sum + Number(ran) / nanoseconds;
  }, 0);
}
