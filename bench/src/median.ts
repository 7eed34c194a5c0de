/** The middle one of some figures, or halfway between the middle two. */
export function median(figures: readonly number[]): number {
  if (figures.length === 0) throw new RangeError('there is no median of nothing');
  const sorted = [...figures].sort((one, other) => one - other);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
