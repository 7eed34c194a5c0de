import type { Key } from '@cachex/router/hash';
import type { Methods } from '../action.ts';
import type { ExecuteContext } from '../functions.ts';
import type { Engine } from './engine.ts';

/** Runs a function of the cache by its name. */
export async function executeNamed(
  engine: Engine,
  cache: Methods,
  name: string,
  key: Key,
  args: readonly unknown[],
): Promise<unknown> {
  const run = engine.functions.find(name);
  const { signal } = engine;
  const context: ExecuteContext = { signal, cache: cache as unknown as ExecuteContext['cache'], args };
  return run(key, context);
}
