import { hashKey } from '../../src/hash.ts';
import type { Owners, RoutedMember, Router } from '../../src/router.ts';

/** Members `n0000`, `n0001`, … of these weights. */
export function membersOf(weights: readonly number[]): RoutedMember[] {
  return weights.map((weight, index) => ({ id: `n${String(index).padStart(4, '0')}`, weight }));
}

/** How many partitions each member owns. */
export function sharesOf(owners: Owners, members: readonly RoutedMember[]): readonly number[] {
  const counts = new Map<string | null, number>();
  for (const owner of owners) counts.set(owner, (counts.get(owner) ?? 0) + 1);
  return members.map(({ id }) => counts.get(id) ?? 0);
}

/** The partitions with another owner than before. */
export function movedBetween(before: Owners, after: Owners): readonly number[] {
  return [...after.keys()].filter((partition) => after[partition] !== before[partition]);
}

/** A number that changes if a router decides otherwise. */
export function fingerprint(router: Router): number {
  const clusters = [[1, 1, 1], [3, 1, 2, 0.5, 7], new Array<number>(20).fill(1)];
  return hashKey(clusters.map((weights) => router.assign(membersOf(weights), 1024, []).join(' ')));
}
