/** A figure at a time, in seconds. */
export interface Point {
  readonly at: number;
  readonly value: number;
}

/** What a figure may rise by without growing: a share of its mean, and so much in any case. */
export interface Noise {
  readonly share: number;
  readonly least: number;
}

/** How a figure went in the last two thirds of its time, in which whatever has to fill up is full. */
export interface Trend {
  readonly mean: number;
  /** By how much the line that fits best goes up, from the first point of that time to the last. */
  readonly rise: number;
  readonly allowed: number;
  readonly grows: boolean;
}

/** The slope of the line with the least squares, a second; 0 where there is none. */
export function slope(points: readonly Point[]): number {
  const at = mean(points.map((point) => point.at));
  const value = mean(points.map((point) => point.value));
  let [both, square] = [0, 0];
  for (const point of points) {
    both += (point.at - at) * (point.value - value);
    square += (point.at - at) ** 2;
  }
  return square === 0 ? 0 : both / square;
}

export function trendOf(points: readonly Point[], { share, least }: Noise): Trend {
  const [first, last] = [points[0]?.at ?? 0, points.at(-1)?.at ?? 0];
  const judged = points.filter(({ at }) => at >= first + (last - first) / 3);
  const average = mean(judged.map(({ value }) => value));
  const rise = judged.length < 2 ? 0 : slope(judged) * (last - judged[0]!.at);
  const allowed = Math.max(least, share * average);
  return { mean: average, rise, allowed, grows: rise > allowed };
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
