import { describe } from '../describe.ts';
import { parseTimeLeft } from '../duration.ts';
import { CacheError } from '../errors.ts';
import { anything, checkOptions, type OptionCheck } from '../parameters.ts';
import type { LeaveOptions } from './leave-options.ts';
import type { ClusterNode } from './node.ts';
import { otherStops, type Signalled, signalStop } from './stops.ts';

/** Options of {@link leaveOnSignal}. */
export interface LeaveOnSignalOptions extends LeaveOptions {
  /** Default: `SIGTERM` and `SIGINT`. */
  signals?: readonly NodeJS.Signals[];
  /** For tests: nothing but signals are listened for then. Default: this process. */
  process?: Signalled;
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
 * Makes a node leave its cluster in order when this process or thread is told to stop, and then lets it end as it would
 * have. One line, once a node: `leaveOnSignal(node)`. Returns how to undo it. Bad options throw `INVALID_OPTION`.
 *
 * A process is told by a signal, a worker of `node:cluster` also by being disconnected, and one of PM2 by the message
 * `'shutdown'` if PM2 was told to send that. A thread gets no signals: post it the message `'shutdown'`.
 */
export function leaveOnSignal(node: ClusterNode, options: LeaveOnSignalOptions = {}): () => void {
  // Now: when the signal comes, a mistake here would cost the entries.
  checkOptions('options', options, checks);
  const { signals = ['SIGTERM', 'SIGINT'], process: host, within } = options;
  const stops = [
    ...signals.map((signal) => signalStop(host ?? process, signal)),
    ...(host === undefined ? otherStops() : []),
  ];
  const undo = (): void => {
    for (const ignore of listening) ignore();
  };
  const listening = stops.map((stop) =>
    stop.listen(() => {
      undo();
      const end = (): void => stop.end();
      node.leave(within === undefined ? {} : { within }).then(end, end);
    }),
  );
  return undo;
}
