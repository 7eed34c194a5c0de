import cluster from 'node:cluster';
import { isMainThread, parentPort } from 'node:worker_threads';

/** A way in which a process or a thread is told to stop. */
export interface Stop {
  /** Calls `stop` when it is told; returns how to listen no longer. */
  listen(stop: () => void): () => void;
  /** Lets it happen. */
  end(): void;
}

interface Emitter {
  on(event: string, listener: (message: unknown) => void): unknown;
  off(event: string, listener: (message: unknown) => void): unknown;
}

export type Signalled = Pick<NodeJS.Process, 'kill' | 'pid'> & Emitter;

/** A signal, which then does what it would have done. */
export function signalStop(host: Signalled, signal: NodeJS.Signals): Stop {
  return {
    listen: (stop) => listening(host, signal, stop),
    end: () => void host.kill(host.pid, signal),
  };
}

/** The message `'shutdown'`. Whoever listens for messages stays alive. */
export function messageStop(port: Emitter, exit: () => void): Stop {
  return {
    listen: (stop) =>
      listening(port, 'message', (message: unknown) => {
        if (message === 'shutdown') stop();
      }),
    end: exit,
  };
}

/** The primary of `node:cluster` disconnects its worker, which then ends as soon as nothing is left to do. */
export function disconnectStop(worker: Emitter): Stop {
  return { listen: (stop) => listening(worker, 'disconnect', stop), end: () => {} };
}

/** The ways other than signals in which this process or thread may be told. */
export function otherStops(): Stop[] {
  const exit = (): void => process.exit();
  if (!isMainThread) return parentPort === null ? [] : [messageStop(parentPort, exit)];
  return [
    ...(cluster.worker === undefined ? [] : [disconnectStop(cluster.worker)]),
    // PM2, with `shutdown_with_message`.
    ...(process.env.pm_id === undefined || process.send === undefined ? [] : [messageStop(process, exit)]),
  ];
}

function listening(emitter: Emitter, event: string, listener: (message: unknown) => void): () => void {
  emitter.on(event, listener);
  return () => void emitter.off(event, listener);
}
