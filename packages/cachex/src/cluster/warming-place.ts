import { Encoded, Reconsider, type RoutedNode } from '@cachex/router';
import { hashKey } from '@cachex/router/hash';
import type { WarmingPlace } from '../local/warmers.ts';
import { operationHandler } from './caller.ts';

/** How long one attempt to reach the owner of a name may take, in ms. */
const patience = 30_000;
const retryAfter = 500;
/** Writes under way at a time. */
const concurrency = 64;

/** What another attempt may change. */
const passing: ReadonlySet<unknown> = new Set(['OVERLOADED', 'TIMEOUT', 'NODE_DOWN', 'UNKNOWN_OUTCOME']);

/** Runs of warmers are decided upon by the owner of the hash of their name, and made there. */
export function warmingPlace(node: RoutedNode, service: string): WarmingPlace {
  const call = (
    operation: string,
    name: string,
    args: readonly unknown[],
    timeout?: number,
  ): Promise<unknown> =>
    node.dispatch.call(hashKey(name), {
      ...{ service, handler: operationHandler(operation), args: [name, ...args], repeatable: true },
      ...(timeout === undefined ? {} : { timeout }),
    });
  return {
    origin: node.incarnation,
    concurrency,
    reconsider: () => new Reconsider(`the run of a warmer of '${service}' is decided upon elsewhere`),
    // Beginning a run that is due is repeatable: the second time it is under way.
    async ask(name) {
      const [, next] = (await call('warm', name, [false])) as [string, number | null];
      return next;
    },
    async ended(name, run, error) {
      const sent = error === undefined ? undefined : new Encoded(node.codec.encodeError(error));
      for (;;) {
        try {
          await call('warmed', name, [run, sent], patience);
          return;
        } catch (failure) {
          if (!passing.has((failure as { code?: unknown }).code)) throw failure;
        }
        await new Promise<void>((resolve) => void node.clock.after(retryAfter, resolve));
      }
    },
  };
}
