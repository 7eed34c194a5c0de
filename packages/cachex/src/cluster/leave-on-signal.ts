import type { Duration } from '../duration.ts';
import type { ClusterNode } from './node.ts';

/** Options of {@link leaveOnSignal}. */
export interface LeaveOnSignalOptions {
  /** How long handing over may take. Default: 20 s. */
  within?: Duration;
  /** Default: `SIGTERM` and `SIGINT`. */
  signals?: readonly NodeJS.Signals[];
  /** For tests. Default: this process. */
  process?: Pick<NodeJS.Process, 'on' | 'off' | 'kill' | 'pid'>;
}

/**
 * Makes a node leave its cluster in order when this process is told to stop, and then lets the signal end the process as
 * it would have. One line, once a process: `leaveOnSignal(node)`. Returns how to undo it.
 */
export function leaveOnSignal(node: ClusterNode, options: LeaveOnSignalOptions = {}): () => void {
  const { signals = ['SIGTERM', 'SIGINT'], process: host = process, within } = options;
  const undo = (): void => {
    for (const signal of signals) host.off(signal, leave);
  };
  const leave = (signal: NodeJS.Signals): void => {
    undo();
    const end = (): void => void host.kill(host.pid, signal);
    node.leave(within === undefined ? {} : { within }).then(end, end);
  };
  for (const signal of signals) host.on(signal, leave);
  return undo;
}
