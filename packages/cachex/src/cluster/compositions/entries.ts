import type { Caller } from '../caller.ts';
import type { Composition } from '../composition.ts';
import { stream } from './stream.ts';

/** Goes through the entries of all nodes, or of this one, as pairs. */
export const entries: Composition<[]> = {
  applies: () => true,
  compose: pairs,
};

async function* pairs(caller: Caller): AsyncGenerator<[key: unknown, value: unknown]> {
  const rows = stream.compose(caller, undefined) as AsyncIterable<{ key: unknown; value: unknown }>;
  for await (const { key, value } of rows) yield [key, value];
}
