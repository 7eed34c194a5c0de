import type { View } from '@cachex/router';
import type { CallFigures } from '../cluster/call-sample.ts';
import type { NodeVitals } from '../cluster/vitals.ts';
import type { HotFrame } from './frame.ts';

const shown = 10;
/** Of what was looked at less often than so it cannot be said that it is hot. */
const fewest = 3;

interface Asked {
  readonly cache: string;
  readonly key: string | null;
  readonly partition: number;
  calls: number;
  /** How often it was looked at. */
  seen: number;
}

/** Which keys all callers together ask for most. */
export function hotKeys(nodes: readonly NodeVitals[], view: View): HotFrame[] {
  return hottest(nodes, view, ({ keys }) => keys);
}

/** Which partitions they ask for most. */
export function hotPartitions(nodes: readonly NodeVitals[], view: View): HotFrame[] {
  return hottest(nodes, view, ({ partitions }) => partitions);
}

function hottest(
  nodes: readonly NodeVitals[],
  view: View,
  asked: (
    figures: CallFigures,
  ) => readonly { readonly key?: string; readonly partition: number; readonly calls: number }[],
): HotFrame[] {
  const totals = new Map<string, number>();
  const all = new Map<string, Asked>();
  for (const { caches } of nodes) {
    for (const [cache, { calls: figures }] of Object.entries(caches)) {
      if (figures === null) continue;
      const aSecond = (figures.oneIn * 1_000) / figures.span;
      totals.set(cache, (totals.get(cache) ?? 0) + figures.sampled * aSecond);
      for (const { key = null, partition, calls } of asked(figures)) {
        const identity = JSON.stringify([cache, key, partition]);
        const known = all.get(identity) ?? { cache, key, partition, calls: 0, seen: 0 };
        known.calls += calls * aSecond;
        known.seen += calls;
        all.set(identity, known);
      }
    }
  }
  return [...all.values()]
    .filter(({ seen }) => seen >= fewest)
    .sort((one, other) => other.calls - one.calls)
    .slice(0, shown)
    .map(({ cache, key, partition, calls }) => ({
      ...{ cache, key, partition, calls },
      owner: view.owners[partition] ?? null,
      share: calls / totals.get(cache)!,
    }));
}
