import type { View } from '@cachex/router';
import type { RingFrame, Runs } from './frame.ts';

/** Who owns which partition, short enough to be sent with every view. */
export function ringOf({ members, owners, backups }: View): RingFrame {
  const ids = members.map(({ id }) => id);
  const position = new Map(ids.map((id, n) => [id, n]));
  const at = (id: string | null): number => (id === null ? -1 : (position.get(id) ?? -1));
  return {
    ids,
    owners: runs(owners.map(at), (one, other) => one === other),
    backups: runs(
      backups.map((copies) => copies.map(at)),
      (one, other) => one.length === other.length && one.every((each, n) => each === other[n]),
    ),
  };
}

function runs<T>(values: readonly T[], same: (one: T, other: T) => boolean): Runs<T> {
  const found: [T, number][] = [];
  for (const value of values) {
    const last = found.at(-1);
    if (last !== undefined && same(last[0], value)) last[1] += 1;
    else found.push([value, 1]);
  }
  return found;
}
