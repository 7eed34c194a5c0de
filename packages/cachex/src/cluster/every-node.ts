import type { Member } from '@cachex/router';
import type { Merge } from '../action.ts';
import { CacheError } from '../errors.ts';
import type { Caller } from './caller.ts';
import { translate } from './translate.ts';

/** How every node is asked. */
export interface EveryNodeOptions<R> {
  /** For messages. */
  readonly name: string;
  readonly merge: Merge<R>;
  readonly repeatable: boolean;
}

const pause = 50;
/** How long to wait for a node that has not opened the cache as far as is known; it may have done so a moment ago. */
const glance = 500;

/** Codes of a node that could not be asked, or whose answer is lost. */
const unheard: ReadonlySet<unknown> = new Set(['NODE_DOWN', 'OVERLOADED', 'TIMEOUT', 'UNKNOWN_OUTCOME']);
/** Codes of a call that was certainly not executed, and may be made again. */
const unsent: ReadonlySet<unknown> = new Set(['NODE_DOWN', 'OVERLOADED']);

/**
 * Calls every node that has opened the cache, once each, those included that own nothing: what nodes have of their own
 * does not go by partitions. A node that leaves or dies meanwhile is not waited for, and what it had is not in the
 * answer. If a node that is there does not answer in time: `PARTIAL_RESULT`, whose `missing` names such nodes.
 */
export async function askEveryNode<R>(
  caller: Caller,
  handler: string,
  args: readonly unknown[],
  { name, merge, repeatable }: EveryNodeOptions<R>,
): Promise<R> {
  const { node, settings } = caller;
  const asked = node.view.members.filter(({ id }) => id === node.id || settings.local !== true);
  const values: R[] = [];
  const missing: string[] = [];
  let cause: unknown;
  await Promise.all(
    asked.map(async ({ id, incarnation }) => {
      const now = (): Member | undefined =>
        node.view.members.find((member) => member.incarnation === incarnation);
      const opened = (): boolean => id === node.id || now()?.opened.includes(caller.name) === true;
      for (;;) {
        try {
          values.push(
            (await caller.callNode(id, handler, args, {
              repeatable,
              ...(opened() ? {} : { timeout: glance }),
            })) as R,
          );
          return;
        } catch (error) {
          const { code } = translate(error) as { code?: unknown };
          if (!unheard.has(code)) throw error;
          if (now() === undefined || !opened()) return;
          if (!unsent.has(code) || caller.remaining <= pause) {
            missing.push(id);
            cause = error;
            return;
          }
        }
        await new Promise<void>((resolve) => void node.clock.after(pause, resolve));
      }
    }),
  );
  const value = merge.combine(values);
  if (missing.length === 0 || settings.partial === 'allow') return value;
  missing.sort();
  const message = `${name}: no answer from ${missing.join(', ')}; ${values.length} of ${asked.length} nodes have answered`;
  const partial = new CacheError('PARTIAL_RESULT', message, { cause: translate(cause) });
  throw Object.assign(partial, { value, answered: values.length, missing, epoch: node.view.epoch });
}
