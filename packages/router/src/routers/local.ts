import type { RoutedMember, Router } from '../router.ts';

/**
 * Everything at one member: to it the cache is local, as with `Cachex.Router.Local`, and the others call it. That member is
 * the heaviest one; of several, the one that has the most already; then the first by id.
 *
 * Balance: none. Movement: none when others come and go; everything when the member leaves, or a heavier one is there.
 */
export function local(): Router {
  return { name: 'local', assign };
}

const assign: Router['assign'] = (members, partitions, previous) => {
  const held = new Map<string | null, number>();
  for (const owner of previous) held.set(owner, (held.get(owner) ?? 0) + 1);
  const before = (a: RoutedMember, b: RoutedMember): number =>
    b.weight - a.weight || (held.get(b.id) ?? 0) - (held.get(a.id) ?? 0) || (a.id < b.id ? -1 : 1);
  const [home] = members.filter(({ weight }) => weight > 0).sort(before);
  return new Array<string | null>(partitions).fill(home?.id ?? null);
};
