import type { RoutedMember } from '../router.ts';

/**
 * How many slots each member has: at least one, and otherwise `each` for every unit of its weight. The unit is 1 where the
 * average weight is between 1/8 and 8, as it mostly is, so that who comes or goes changes nobody else's number; weights of
 * other sizes are measured in a power of 64.
 */
export function slotsOf(members: readonly RoutedMember[], each: number): readonly number[] {
  const mean = members.reduce((sum, { weight }) => sum + weight, 0) / members.length;
  let unit = 1;
  while (mean >= 8 * unit) unit *= 64;
  while (mean < unit / 8) unit /= 64;
  return members.map(({ weight }) => Math.max(1, Math.round((weight / unit) * each)));
}

/** The index of the first of some numbers in ascending order that is not below `value`; their count if all are. */
export function firstFrom(ascending: ArrayLike<number>, value: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ascending[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
