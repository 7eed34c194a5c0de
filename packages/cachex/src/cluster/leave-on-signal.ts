import { describe } from '../describe.ts';
import { parseTimeLeft } from '../duration.ts';
import { CacheError } from '../errors.ts';
import { anything, checkOptions, type OptionCheck } from '../parameters.ts';
import type { LeaveOptions } from './leave-options.ts';
import type { ClusterNode } from './node.ts';

/** Options of {@link leaveOnSignal}. */
export interface LeaveOnSignalOptions extends LeaveOptions {
  /** Default: `SIGTERM` and `SIGINT`. */
  signals?: readonly NodeJS.Signals[];
  /** For tests. Default: this process. */
  process?: Pick<NodeJS.Process, 'on' | 'off' | 'kill' | 'pid'>;
}

const signalNames: OptionCheck = (option, input) => {
  if (Array.isArray(input) && input.every((signal) => typeof signal === 'string')) return input;
  throw new CacheError('INVALID_OPTION', `${option}: ${describe(input)} is not an array of names of signals`);
};

const checks: Readonly<Record<keyof LeaveOnSignalOptions, OptionCheck>> = {
  within: parseTimeLeft,
  signals: signalNames,
  process: anything,
};

/**
 * Makes a node leave its cluster in order when this process is told to stop, and then lets the signal end the process as
 * it would have. One line, once a process: `leaveOnSignal(node)`. Returns how to undo it.
 * Bad options throw `INVALID_OPTION`.
 */
export function leaveOnSignal(node: ClusterNode, options: LeaveOnSignalOptions = {}): () => void {
  // Now: when the signal comes, a mistake here would cost the entries.
  checkOptions('options', options, checks);
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
