import { balanced, type Member, type Move, type View } from '@cachex/router';
import { seeded } from '@cachex/router/testing';
import { fail, found, groupSizeOf, join, planMoves, reseat, reweigh } from './parts.ts';

/** Every cluster here gives its partitions to members by the default router. */
export const router = balanced();

const random = seeded(1);

function name(length: number): string {
  const letters = 'abcdefghijklmnopqrstuvwxyz0123456789';
  return Array.from({ length }, () => letters[Math.floor(random() * letters.length)]).join('');
}

/** The member number `n` as a view has it, newly started: ids and incarnations as long as those that are drawn, one cache open. */
export function aMember(n: number, id = name(8)): Member {
  const address = `tls://10.${n >> 16}.${(n >> 8) & 255}.${n & 255}:7700`;
  return { id, incarnation: name(10), address, weight: 1, opened: ['users'] };
}

/**
 * The view of a cluster that has been in use: it grew from one node, by a tenth at a time, and then every node was started
 * anew, a tenth at a time. Partitions and their terms lie as all these moves have left them.
 */
export function agedView(nodes: number, partitions: number): View {
  let view: View = {
    ...found(name(10), 1, partitions, aMember(0), router),
    caches: { users: { ttl: null } },
  };
  while (view.members.length < nodes) {
    const present = view.members.length;
    const joining = Math.min(nodes - present, tenthOf(present));
    view = settled(
      reseat(
        join(
          view,
          Array.from({ length: joining }, (_, n) => aMember(present + n)),
          router,
        ),
      ),
    );
  }
  const ids = view.members.map(({ id }) => id);
  const step = tenthOf(nodes);
  for (let first = 0; first < nodes && nodes > 1; first += step)
    view = restarted(view, ids.slice(first, first + step));
  return view;
}

const tenthOf = (count: number): number => Math.max(1, Math.floor(count / 10));

/** These hand over what they have, leave, and come back. */
function restarted(view: View, ids: readonly string[]): View {
  let emptied = view;
  for (const id of ids) emptied = reweigh(emptied, id, 0, router);
  const without = fail(settled(emptied), ids, router);
  return settled(
    reseat(
      join(
        without,
        ids.map((id, n) => aMember(n, id)),
        router,
      ),
    ),
  );
}

/** The view once everything is where it belongs; each group of moves is a view of its own. */
export function settled(view: View): View {
  const owners = [...view.owners];
  const terms = [...view.terms];
  let { epoch } = view;
  for (const group of groupsOf(planMoves(view, router), view.owners.length)) {
    epoch += 1;
    for (const { partition, to } of group) {
      owners[partition] = to;
      terms[partition] = epoch;
    }
  }
  return { ...view, owners, terms, epoch };
}

/** Moves as they are published: from one owner to one target, so many at a time. */
export function groupsOf(moves: readonly Move[], partitions: number): readonly (readonly Move[])[] {
  const groupSize = groupSizeOf(partitions);
  const open = new Map<string, Move[]>();
  const groups: Move[][] = [];
  for (const move of moves) {
    const pair = `${move.from} ${move.to}`;
    let group = open.get(pair);
    if (group === undefined || group.length === groupSize) {
      group = [];
      open.set(pair, group);
      groups.push(group);
    }
    group.push(move);
  }
  return groups;
}
