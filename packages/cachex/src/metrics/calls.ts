import { type Channel, tracingChannel } from 'node:diagnostics_channel';
import { type ActionName, actions } from '../actions/index.ts';
import type { CallTrace } from '../tracing.ts';

/** Told of the calls of this process. */
export interface CallWatcher {
  begun?(trace: CallTrace): void;
  /** A call is over, after so many seconds; `trace` has its result or its error. */
  ended(trace: CallTrace, seconds: number): void;
}

/** What is answered piece by piece has no end that could be measured here. */
const measured = (Object.keys(actions) as ActionName[]).filter(
  (name) => actions[name].answers !== 'iterable',
);

/** Subscribes to the calls of all actions that are answered as a whole; returns how to stop. */
export function watchCalls({ begun, ended }: CallWatcher): () => void {
  const begins = new WeakMap<object, number>();
  const start = (message: unknown): void => {
    const trace = message as CallTrace;
    begun?.(trace);
    begins.set(trace, performance.now());
  };
  const finish = (message: unknown): void => {
    const trace = message as CallTrace;
    const begin = begins.get(trace);
    if (begin === undefined) return;
    begins.delete(trace);
    ended(trace, (performance.now() - begin) / 1_000);
  };
  /** A call that waits has neither result nor error when it returns. */
  const end = (message: unknown): void => {
    if ('result' in (message as CallTrace) || 'error' in (message as CallTrace)) finish(message);
  };
  const subscriptions: (readonly [Channel, (message: unknown) => void])[] = measured.flatMap((name) => {
    const channel = tracingChannel(`cachex:${name}`);
    return [
      [channel.start, start],
      [channel.end, end],
      [channel.asyncEnd, finish],
    ] as const;
  });
  for (const [channel, listener] of subscriptions) channel.subscribe(listener);
  return () => {
    for (const [channel, listener] of subscriptions) channel.unsubscribe(listener);
  };
}
