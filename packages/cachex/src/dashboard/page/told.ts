import type { ChangeFrame, Frame, PointFrame, RingFrame, Runs } from '../frame.ts';

/** A partition: who owns it, and who has copies. */
export interface Place {
  readonly owner: string | null;
  readonly copies: readonly string[];
}

/** What has been told so far: the last frame, and what it left out because it was told before. */
export interface Told {
  readonly frame: Frame;
  readonly places: readonly Place[];
  readonly changes: readonly ChangeFrame[];
  readonly points: readonly PointFrame[];
}

const pointsKept = 240;

export function tell(before: Told | undefined, frame: Frame): Told {
  return {
    frame,
    places: frame.ring === undefined ? (before?.places ?? []) : placesOf(frame.ring),
    changes: frame.changes ?? before?.changes ?? [],
    points: [...(before?.points ?? []), ...frame.points].slice(-pointsKept),
  };
}

function placesOf({ ids, owners, backups }: RingFrame): Place[] {
  const copies = spread(backups);
  return spread(owners).map((owner, partition) => ({
    owner: ids[owner] ?? null,
    copies: (copies[partition] ?? []).map((each) => ids[each] ?? '?'),
  }));
}

function spread<T>(runs: Runs<T>): T[] {
  return runs.flatMap(([value, count]) => new Array<T>(count).fill(value));
}
