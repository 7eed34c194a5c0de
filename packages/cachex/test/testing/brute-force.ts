import type { Operation } from '../../src/testing/index.ts';

/** What an action answers on an entry, written down a second time, as plainly as can be. */
export function execute(entry: unknown[], action: string, args: readonly unknown[]): unknown {
  const [had, value] = [entry.length > 0, entry[0]];
  const given = args[0];
  switch (action) {
    case 'get':
      return value;
    case 'exists':
      return had;
    case 'put':
      entry[0] = given;
      return undefined;
    case 'add':
      if (!had) entry[0] = given;
      return !had;
    case 'update':
      if (had) entry[0] = given;
      return had;
    case 'incr':
    case 'decr':
      entry[0] =
        ((value as number | undefined) ?? 0) + (action === 'incr' ? 1 : -1) * ((given as number) ?? 1);
      return entry[0];
    case 'del':
      entry.length = 0;
      return had;
    case 'take':
      entry.length = 0;
      return value;
    default:
      throw new Error(action);
  }
}

/** Tries all orders of a small history, and all subsets of what is unknown. */
export function isLinearizable(operations: readonly Operation[], entry: readonly unknown[] = []): boolean {
  if (operations.every(({ outcome }) => outcome !== 'ok')) return true;
  return operations.some((next, index) => {
    if (next.outcome === 'failed') return false;
    const rest = operations.filter((_other, other) => other !== index);
    if (rest.some((other) => other.outcome === 'ok' && other.returned! < next.invoked)) return false;
    const after = [...entry];
    const answer = execute(after, next.action, next.args);
    return (next.outcome === 'unknown' || answer === next.result) && isLinearizable(rest, after);
  });
}
