import { unknownWarmer, type Warmers } from '../../local/warmers.ts';
import type { Operation, Place } from '../operation.ts';

/** Begins a run of a warmer whose name this node owns: `now`, or only if it is time. */
export const warm: Operation =
  (place) =>
  (_context, name: string, now: boolean): readonly [run: string, next: number | null] => {
    const warmers = warmersOf(place, name);
    return [warmers.begin(name, now), warmers.next(name)];
  };

/** The warmers of this node; refuses names that it was not given. */
export function warmersOf({ engine, node }: Place, name: string): Warmers {
  const { warmers } = engine;
  if (warmers?.names.includes(name) === true) return warmers;
  throw unknownWarmer(engine.name, name, warmers?.names ?? [], node.id);
}
