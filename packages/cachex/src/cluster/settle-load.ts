import { Encoded, type RoutedNode } from '@cachex/router';
import type { Engine } from '../local/engine.ts';
import type { Load } from '../local/flights.ts';
import type { LoadResult } from '../local/loader-runs.ts';
import { operationHandler } from './caller.ts';
import type { WireForm } from './wire-form.ts';

/** How long one attempt to find the owner of a key may take, in ms: as long as any takeover may last. */
const patience = 30_000;
const retryAfter = 500;

/** What another attempt may change: the owner is busy, or cannot be reached now. */
const passing: ReadonlySet<unknown> = new Set(['OVERLOADED', 'TIMEOUT', 'NODE_DOWN', 'UNKNOWN_OUTCOME']);

/**
 * Hands a load's result to the owner of its key: this node, or the one that took the key over while the loader ran. It
 * tells the load by its token, so handing a result over twice does no harm. The owner waits for this load for as long as
 * this node lives, so it is told something in the end: if the result cannot travel, that the load has failed.
 */
export async function settleLoad(
  node: RoutedNode,
  engine: Engine,
  values: WireForm,
  service: string,
  load: Load,
  result: LoadResult,
): Promise<void> {
  let outcome = result;
  for (;;) {
    try {
      if (node.owns(load.hash)) engine.loads.settle(engine, load.token, outcome);
      else await send(node, values, service, load, outcome);
      break;
    } catch (error) {
      const { code } = error as { code?: unknown };
      if (code === 'CLOSED' || code === 'FENCED') throw error;
      if (passing.has(code) || outcome !== result) {
        await new Promise<void>((resolve) => void node.clock.after(retryAfter, resolve));
      } else outcome = { kind: 'failed', error };
    }
  }
  if (outcome !== result && outcome.kind === 'failed') throw outcome.error;
}

async function send(
  node: RoutedNode,
  values: WireForm,
  service: string,
  load: Load,
  result: LoadResult,
): Promise<void> {
  const args =
    result.kind === 'failed'
      ? [load.token, new Encoded(node.codec.encodeError(result.error)), 'failed']
      : [
          load.token,
          result.held === undefined ? undefined : values.encoded(result.held),
          result.store ? 'store' : 'answer',
          result.ttl,
          result.staleFor,
          result.tags,
        ];
  await node.dispatch.call(load.hash, {
    service,
    handler: operationHandler('settle'),
    args,
    repeatable: true,
    timeout: patience,
  });
}
