/**
 * The order of a round: each begins with another one, so that none always follows the same one, and what slows the machine
 * down for a while does not always meet the same one.
 */
export function rotated<T>(items: readonly T[], round: number): T[] {
  if (items.length === 0) return [];
  const first = round % items.length;
  return [...items.slice(first), ...items.slice(0, first)];
}
