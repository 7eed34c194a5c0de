import type { Methods } from '../action.ts';
import { actions } from '../actions/index.ts';
import { takeCallOptions } from './call-options.ts';

/**
 * The methods of a draft as they are in a cluster: they answer promises, and take the options of every call there, although
 * nothing is sent.
 */
export function promised(methods: Methods): Methods {
  const wrapped: Record<string, (...args: readonly unknown[]) => unknown> = {};
  for (const action of Object.values(actions)) {
    const { length } = action.parameters;
    const method = async (...given: readonly unknown[]): Promise<unknown> => {
      const args: unknown[] = given.slice(0, length);
      args.length = length;
      takeCallOptions(action, args).signal?.throwIfAborted();
      return methods[action.name]!(...args);
    };
    for (const name of [action.name, ...(action.aliases ?? [])]) wrapped[name] = method;
  }
  return wrapped;
}
