import type { Operation } from '../../src/testing/index.ts';

/** `['a', 1, 2, 'put', [5]]`: client, invoked, returned (`null`: unknown), action, arguments, answer. */
export type Short = readonly [
  client: string,
  invoked: number,
  returned: number | null,
  action: string,
  args?: readonly unknown[],
  result?: unknown,
];

/** A history of one key. */
export function operations(...shorts: readonly Short[]): Operation[] {
  return shorts.map(([client, invoked, returned, action, args = [], result]) => ({
    client,
    key: 'k',
    action,
    args,
    invoked,
    ...(returned === null ? { outcome: 'unknown' } : { returned, outcome: 'ok', result }),
  }));
}
