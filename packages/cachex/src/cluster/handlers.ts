import { type Handler, Reconsider, type RoutedNode } from '@cachex/router';
import type { Key } from '@cachex/router/hash';
import { actions } from '../actions/index.ts';
import type { AnyBatch } from '../batch.ts';
import { executeAction } from '../bind.ts';
import type { Engine } from '../local/engine.ts';
import { batchHandler } from './batch.ts';
import { blocked } from './blocked.ts';
import { operationHandler } from './caller.ts';
import type { Lending } from './lending.ts';
import { located } from './located.ts';
import type { Place } from './operation.ts';
import { operations } from './operations/index.ts';
import type { WireForm } from './wire-form.ts';

/** What this node executes for others, and for itself: the table of actions. */
export function actionHandlers(
  engine: Engine,
  values: WireForm,
  node: RoutedNode,
  lending: Lending,
): Record<string, Handler> {
  const handlers: Record<string, Handler> = {};
  for (const action of Object.values(actions)) {
    const { route } = action;
    if (route.kind === 'local' || route.kind === 'caller') continue;
    if (route.kind === 'batch') {
      handlers[action.name] = batchHandler(engine, values, action as AnyBatch, node.largestValue, lending);
      continue;
    }
    const send = (result: unknown): unknown =>
      action.result === 'value' && result !== undefined ? values.answer(result) : result;
    const lent = route.kind === 'keyed' && action.near === 'value' ? route.key : undefined;
    handlers[action.name] = (context, ...args) => {
      const { hash, partitions, deadline } = context;
      const wait = blocked(engine, action, hash, args, deadline);
      if (wait !== undefined) throw new Reconsider('a key is locked', wait);
      try {
        const result = executeAction(engine, action, route.kind === 'keyed' ? hash : partitions, args);
        if (lent !== undefined && result !== undefined)
          context.note = lending.noteFor(context, args[lent] as Key, hash);
        return result instanceof Promise
          ? result.then(send, (error) => Promise.reject(located(error, node.id)))
          : send(result);
      } catch (error) {
        throw located(error, node.id);
      }
    };
  }
  return handlers;
}

/** What this node does for the calls of others that are made of parts. */
export function operationHandlers(place: Place): Record<string, Handler> {
  return Object.fromEntries(
    Object.entries(operations).map(([name, operation]) => [operationHandler(name), operation(place)]),
  );
}
