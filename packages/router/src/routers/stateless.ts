import type { Owners, RoutedMember, Router } from '../router.ts';

/** How many answers are kept: a plan asks about all members, and about those that may be given something. */
const kept = 2;

interface Answer {
  readonly members: readonly RoutedMember[];
  readonly owners: Owners;
}

/**
 * A router to which it does not matter where partitions are: `place` has the owner of each follow from the members alone,
 * which are at least one, all of positive weight. A plan is asked for with every view, and mostly the members are the same:
 * the last answers are kept.
 */
export function stateless(
  name: string,
  place: (members: readonly RoutedMember[], partitions: number) => readonly string[],
): Router {
  let answers: readonly Answer[] = [];
  return {
    name,
    assign(members, partitions) {
      const able = members.filter(({ weight }) => weight > 0);
      const known = answers.find(
        (answer) => answer.owners.length === partitions && same(answer.members, able),
      );
      if (known !== undefined) return known.owners;
      const owners = able.length > 0 ? place(able, partitions) : new Array<null>(partitions).fill(null);
      answers = [{ members: able, owners: Object.freeze(owners) }, ...answers].slice(0, kept);
      return owners;
    },
  };
}

function same(some: readonly RoutedMember[], others: readonly RoutedMember[]): boolean {
  return (
    some.length === others.length &&
    some.every(({ id, weight }, n) => id === others[n]!.id && weight === others[n]!.weight)
  );
}
