import type { Handler, RoutedNode } from '@cachex/router';
import { describe, suggestion } from '../describe.ts';
import { CacheError } from '../errors.ts';
import type { NodeVitals } from './vitals.ts';

/** The name under which nodes let others of their cluster control them. */
export const nodeService = '$node';

/** What a node lets the others do with it, and what it tells them. */
export interface Controls {
  vitals(): NodeVitals;
  weigh(weight: number): Promise<void>;
  /** Begins to leave, and does not wait for the end: the caller sees it in the views. */
  leave(within: number, by: string): void;
}

/** The handlers of that. Whoever is in the cluster is trusted with it. */
export function controlHandlers(controls: Controls): Readonly<Record<keyof Controls, Handler>> {
  return {
    vitals: () => controls.vitals(),
    weigh: (_context, weight: number) => controls.weigh(weight),
    leave: ({ caller }, within: number) => controls.leave(within, caller),
  };
}

/** Has another node do it. One that is not in the cluster is `INVALID_OPTION`. Doing it twice does no harm. */
export async function control(
  node: RoutedNode,
  id: string,
  handler: 'weigh' | 'leave',
  argument: number,
): Promise<void> {
  const known = node.nodes().map((member) => member.id);
  if (!known.includes(id)) {
    const message = `node: ${describe(id)} is not in the cluster; ${suggestion(String(id), known)}`;
    throw new CacheError('INVALID_OPTION', message);
  }
  await node.dispatch.callNode(id, { service: nodeService, handler, args: [argument], repeatable: true });
}
