import * as library from '@cachex/router';
import { balanced, type Owners, type RoutedMember, type Router } from '@cachex/router';
import type { Unit } from '../line.ts';

const partitions = 4_096;
const empty: Owners = new Array<null>(partitions).fill(null);

/** The routers that this build has; `balanced` is the default. */
export function routers(): Router[] {
  const known: Readonly<Record<string, unknown>> = { ...library };
  return ['ring', 'rendezvous', 'jump', 'modulo']
    .map((name) => known[name])
    .filter((make) => typeof make === 'function')
    .map((make) => (make as () => Router)());
}

function membersOf(count: number): RoutedMember[] {
  return Array.from({ length: count }, (_, n) => ({ id: `node-${String(n).padStart(4, '0')}`, weight: 1 }));
}

/** The largest share of partitions beside the mean one. */
export function imbalance(router: Router, count: number): number {
  const members = membersOf(count);
  const shares = new Map<string | null, number>();
  for (const owner of router.assign(members, partitions, empty)) {
    shares.set(owner, (shares.get(owner) ?? 0) + 1);
  }
  return (Math.max(...shares.values()) * count) / partitions;
}

/** How many partitions change their owner when one more member joins so many. */
export function movesOf(router: Router, count: number): number {
  const before = router.assign(membersOf(count), partitions, empty);
  const after = router.assign(membersOf(count + 1), partitions, before);
  return after.filter((owner, partition) => owner !== before[partition]).length;
}

/** What is told of tables: they are the same every time. */
export const properties: readonly {
  readonly name: string;
  readonly unit: Unit;
  readonly of: (router: Router, count: number) => number;
}[] = [
  { name: 'balance', unit: 'largest/mean', of: imbalance },
  { name: 'moves when one more joins', unit: 'partitions', of: movesOf },
];

export const ours: Router = balanced();
