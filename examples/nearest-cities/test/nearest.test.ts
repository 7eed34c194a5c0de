import { describe, expect, it } from 'vitest';
import { type Coordinates, haversine, kilometres, nearest } from '../src/nearest.ts';

type Place = readonly [latitude: number, longitude: number];

const BERLIN: Place = [52.52, 13.405];
const PARIS: Place = [48.8566, 2.3522];
const LONDON: Place = [51.5074, -0.1278];
const SYDNEY: Place = [-33.8688, 151.2093];
const SUVA: Place = [-18.1416, 178.4419];
const APIA: Place = [-13.8333, -171.7667];

const radians = (degrees: number) => (degrees * Math.PI) / 180;

function distance([lat1, lon1]: Place, [lat2, lon2]: Place): number {
  return kilometres(haversine(radians(lat1), radians(lon1), radians(lat2), radians(lon2)));
}

function coordinatesOf(places: readonly Place[]): Coordinates {
  return {
    latitudes: Float64Array.from(places, ([latitude]) => radians(latitude)),
    longitudes: Float64Array.from(places, ([, longitude]) => radians(longitude)),
  };
}

describe('haversine', () => {
  it.each([
    ['Berlin to Paris', BERLIN, PARIS, 878],
    ['London to Paris', LONDON, PARIS, 344],
    ['London to Sydney', LONDON, SYDNEY, 16_994],
    ['Suva to Apia, across the date line', SUVA, APIA, 1_145],
    ['pole to pole', [90, 0], [-90, 0], 20_015],
    ['a quarter of the equator', [0, 0], [0, 90], 10_008],
  ] as const)('knows the distance from %s', (_, from, to, km) => {
    expect(Math.abs(distance(from, to) / km - 1)).toBeLessThan(0.005);
  });

  it('is the same in both directions, and nothing from a place to itself', () => {
    expect(distance(BERLIN, SYDNEY)).toBeCloseTo(distance(SYDNEY, BERLIN), 9);
    expect(distance(PARIS, PARIS)).toBe(0);
  });

  it('survives rounding at the other end of the world', () => {
    expect(kilometres(1 + 1e-15)).toBeCloseTo(20_015, 0);
  });
});

describe('nearest', () => {
  const places = [SYDNEY, BERLIN, PARIS, LONDON, SUVA];

  it('finds the others, nearest first', () => {
    const found = nearest(coordinatesOf(places), 2, 3);
    expect(found.map(({ index }) => index)).toEqual([3, 1, 4]); // Fiji, by way of the pole, before Sydney
    expect(found[0]!.km).toBeCloseTo(distance(PARIS, LONDON), 6);
  });

  it('answers fewer when there are no more', () => {
    expect(nearest(coordinatesOf(places), 0, 10)).toHaveLength(4);
  });

  it('counts another place at the same spot as a neighbour', () => {
    expect(nearest(coordinatesOf([PARIS, BERLIN, PARIS]), 0, 1)).toEqual([{ index: 2, km: 0 }]);
  });
});
