import type { ClusterNode, View } from '../cluster/index.ts';
import { suggestion } from '../describe.ts';
import { exitCodes, Failure } from './failure.ts';

/** Refuses an id that no member has but this program. */
export function checkMember(node: ClusterNode, id: string): void {
  const ids = node.nodes().flatMap((member) => (member.id === node.id ? [] : [member.id]));
  if (ids.includes(id)) return;
  throw new Failure(exitCodes.no, 'NO_NODE', `there is no node '${id}'; ${suggestion(id, ids)}`, {
    hint: '`cachex status` shows the nodes',
  });
}

/** Resolves with the first view for which `holds`, now or later; rejects if the signal aborts before. */
export function viewWith(
  node: ClusterNode,
  holds: (view: View) => boolean,
  signal: AbortSignal,
): Promise<View> {
  return new Promise((resolve, reject) => {
    const end = (): void => {
      node.off('view', look);
      signal.removeEventListener('abort', abort);
    };
    const abort = (): void => {
      end();
      reject(signal.reason as Error);
    };
    const look = (view: View): void => {
      if (!holds(view)) return;
      end();
      resolve(view);
    };
    signal.addEventListener('abort', abort);
    node.on('view', look);
    look(node.view);
    if (signal.aborted) abort();
  });
}
