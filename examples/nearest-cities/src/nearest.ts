/** Positions in radians; the same index in both arrays is the same city. */
export interface Coordinates {
  readonly latitudes: Float64Array;
  readonly longitudes: Float64Array;
}

export interface Nearby {
  readonly index: number;
  readonly km: number;
}

const EARTH_DIAMETER_KM = 2 * 6371.0088;

/** The `count` cities nearest to the one at `from`, nearest first: a plain scan over all the others. */
export function nearest({ latitudes, longitudes }: Coordinates, from: number, count: number): Nearby[] {
  const latitude = latitudes[from]!;
  const longitude = longitudes[from]!;
  const best: { index: number; h: number }[] = [];
  let worst = Number.POSITIVE_INFINITY;

  for (let index = 0; index < latitudes.length; index++) {
    const h = haversine(latitude, longitude, latitudes[index]!, longitudes[index]!);
    if (h >= worst || index === from) continue;
    if (best.length === count) best.pop();
    let place = best.length;
    while (place > 0 && best[place - 1]!.h > h) place--;
    best.splice(place, 0, { index, h });
    if (best.length === count) worst = best[count - 1]!.h;
  }
  return best.map(({ index, h }) => ({ index, km: kilometres(h) }));
}

/** The haversine of the angle between two points. It grows with the distance, so comparing needs no arcsine. */
export function haversine(lat1: number, lon1: number, lat2: number, lon2: number): number {
  const dLat = Math.sin((lat2 - lat1) / 2);
  const dLon = Math.sin((lon2 - lon1) / 2);
  return dLat * dLat + Math.cos(lat1) * Math.cos(lat2) * dLon * dLon;
}

export function kilometres(h: number): number {
  return EARTH_DIAMETER_KM * Math.asin(Math.sqrt(Math.min(1, h)));
}
