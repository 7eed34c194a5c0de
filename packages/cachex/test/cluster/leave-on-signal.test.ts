import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { type ClusterNode, leaveOnSignal } from '../../src/cluster/index.ts';

/** A process that notes the signals it sends itself. */
class Host extends EventEmitter {
  readonly pid = 7;
  readonly killed: unknown[] = [];

  kill(pid: number, signal: string): true {
    this.killed.push([pid, signal, this.listenerCount(signal)]);
    return true;
  }
}

function aNode(outcome: Promise<unknown>): { node: ClusterNode; leaves: unknown[] } {
  const leaves: unknown[] = [];
  const leave = (options: unknown): Promise<unknown> => {
    leaves.push(options);
    return outcome;
  };
  return { node: { leave } as unknown as ClusterNode, leaves };
}

type Process = NonNullable<Parameters<typeof leaveOnSignal>[1]>['process'];

describe('leaveOnSignal', () => {
  it('leaves, and then lets the signal do what it does', async () => {
    const host = new Host();
    const { node, leaves } = aNode(Promise.resolve());
    leaveOnSignal(node, { within: '5s', process: host as unknown as NonNullable<Process> });
    host.emit('SIGTERM', 'SIGTERM');
    expect(leaves).toEqual([{ within: '5s' }]);
    expect(host.killed).toEqual([]);
    await new Promise(setImmediate);
    // Nobody listens any more, so that the signal ends the process.
    expect(host.killed).toEqual([[7, 'SIGTERM', 0]]);
  });

  it('ends the process even if leaving fails', async () => {
    const host = new Host();
    const { node } = aNode(Promise.reject(new Error('no')));
    leaveOnSignal(node, { process: host as unknown as NonNullable<Process>, signals: ['SIGUSR2'] });
    host.emit('SIGUSR2', 'SIGUSR2');
    await new Promise(setImmediate);
    expect(host.killed).toEqual([[7, 'SIGUSR2', 0]]);
  });

  it.each<[options: unknown, message: RegExp]>([
    [{ within: '5 minutes' }, /^within: '5 minutes' is not a duration/],
    [{ within: -1 }, /^within: -1 is not a duration of zero or more/],
    [{ withn: '5s' }, /^unknown option 'withn'; did you mean 'within'\?$/],
    [{ signals: 'SIGTERM' }, /^signals: 'SIGTERM' is not an array of names of signals/],
    [5, /^options must be an object/],
  ])('refuses %j at once, not when the signal comes', (options, message) => {
    expect(() => leaveOnSignal(aNode(Promise.resolve()).node, options as never)).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', message: expect.stringMatching(message) }),
    );
  });

  it('can be undone', () => {
    const host = new Host();
    const { node, leaves } = aNode(Promise.resolve());
    leaveOnSignal(node, { process: host as unknown as NonNullable<Process> })();
    expect([host.listenerCount('SIGTERM'), host.listenerCount('SIGINT')]).toEqual([0, 0]);
    expect(leaves).toEqual([]);
  });
});
