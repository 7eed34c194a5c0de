import type { Handler, RoutedNode } from '@cachex/router';
import { describe, suggestion } from '../describe.ts';
import { CacheError } from '../errors.ts';
import type { NodeVitals } from './vitals.ts';

/** The name under which nodes answer about themselves. */
export const nodeService = '$node';

/** The longest time for which the event loop is watched, in ms. */
const longestWatch = 10_000;

/** What a node lets the others of its cluster do with it. */
export interface Controls {
  vitals(watch: number): Promise<NodeVitals>;
  weigh(weight: number): Promise<void>;
  /** Begins to leave, and does not wait for the end: the caller sees it in the views. */
  leave(within: number, by: string): void;
}

/** The handlers of that. Whoever is in the cluster is trusted with it. */
export function controlHandlers(controls: Controls): Readonly<Record<string, Handler>> {
  return {
    vitals: (_context, watch: number) => controls.vitals(Math.min(Number(watch), longestWatch)),
    weigh: (_context, weight: number) => controls.weigh(weight),
    leave: ({ caller }, within: number) => controls.leave(within, caller),
  };
}

/** Has another node do it, or tell it. A node that is not in the cluster is `INVALID_OPTION`. */
export async function control(
  node: RoutedNode,
  id: string,
  handler: keyof Controls,
  args: readonly unknown[],
  timeout: number,
): Promise<unknown> {
  const known = node.nodes().map((member) => member.id);
  if (!known.includes(id))
    throw new CacheError(
      'INVALID_OPTION',
      `node: ${describe(id)} is not in the cluster; ${suggestion(String(id), known)}`,
    );
  return node.dispatch.callNode(id, { service: nodeService, handler, args, repeatable: true, timeout });
}
