import type { View } from '@cachex/router';
import type { CallFigures } from '../cluster/call-sample.ts';
import type { NodeVitals } from '../cluster/vitals.ts';
import type { HotFrame } from './frame.ts';

const shown = 10;

interface Asked {
  readonly cache: string;
  readonly key: string | null;
  readonly partition: number;
  calls: number;
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
        const known = all.get(identity) ?? { cache, key, partition, calls: 0 };
        known.calls += calls * aSecond;
        all.set(identity, known);
      }
    }
  }
  return [...all.values()]
    .sort((one, other) => other.calls - one.calls)
    .slice(0, shown)
    .map((each) => ({
      ...each,
      owner: view.owners[each.partition] ?? null,
      share: each.calls / totals.get(each.cache)!,
    }));
}
