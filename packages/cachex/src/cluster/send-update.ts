import type { RoutedNode } from '@cachex/router';
import type { Engine } from '../local/engine.ts';
import { commitUpdate, type Seen, type Update } from '../local/updates.ts';
import { operationHandler } from './caller.ts';
import type { WireForm } from './wire-form.ts';

/**
 * Takes what an asynchronous function made to the owner of its key: this node, or the one that took the key over while the
 * function ran. It is stored if nothing has changed since; else answers what there is.
 */
export async function sendUpdate(
  node: RoutedNode,
  engine: Engine,
  values: WireForm,
  service: string,
  update: Update,
): Promise<Seen | undefined> {
  const { key, hash, from, held, ttl } = update;
  if (node.owns(hash)) return commitUpdate(engine, update);
  const answer = (await node.dispatch.call(hash, {
    service,
    handler: operationHandler('commitUpdate'),
    args: [key, from, values.encoded(held), ttl],
  })) as [version: number | undefined, held: unknown] | undefined;
  return answer === undefined ? undefined : { version: answer[0], held: answer[1] };
}
