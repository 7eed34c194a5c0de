import { tracingChannel } from 'node:diagnostics_channel';
import type { Method } from './action.ts';

/** What subscribers of the channels are told of a call; all events of one call have the same object. */
export interface CallTrace {
  /** Which action. */
  readonly action: string;
  /** The name of the cache. */
  readonly cache: string;
  /** The id of the node that makes the call; `undefined` in a cache of one process. */
  readonly node: string | undefined;
  /** The arguments as they were given: keys and values, which are not for labels of metrics. */
  readonly args: readonly unknown[];
  /** With `end` or `asyncEnd`: what the call has answered. */
  result?: unknown;
  /** With `error`, and after it: why it has failed. */
  error?: unknown;
}

/** Who makes the calls. */
export type Traced = Pick<CallTrace, 'cache' | 'node'>;

/**
 * The method of an action, telling the tracing channel `cachex:<action>` of each call. In one process nothing lies between
 * if nobody has subscribed when the cache is created; in a cluster whoever subscribes later is told as well.
 */
export function traced(action: string, method: Method, { cache, node }: Traced): Method {
  const channel = tracingChannel<CallTrace, CallTrace>(`cachex:${action}`);
  const { start, end, asyncStart, asyncEnd, error } = channel;
  if (node === undefined && !channel.hasSubscribers) return method;
  return (...args) => {
    if (!channel.hasSubscribers) return method(...args);
    const trace: CallTrace = { action, cache, node, args };
    const fail = (reason: unknown): never => {
      trace.error = reason;
      error.publish(trace);
      throw reason;
    };
    const settle = <T>(then: (outcome: T) => unknown) => {
      return (outcome: T): unknown => {
        try {
          return then(outcome);
        } finally {
          asyncStart.publish(trace);
          asyncEnd.publish(trace);
        }
      };
    };
    const succeed = (result: unknown): unknown => {
      trace.result = result;
      return result;
    };
    return start.runStores(trace, () => {
      try {
        const result = method(...args);
        return result instanceof Promise ? result.then(settle(succeed), settle(fail)) : succeed(result);
      } catch (reason) {
        return fail(reason);
      } finally {
        end.publish(trace);
      }
    });
  };
}
