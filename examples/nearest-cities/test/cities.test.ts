import { describe, expect, it } from 'vitest';
import { cities, indexByCityId, largestCities, sharedCoordinates } from '../src/cities.ts';
import { nearest } from '../src/nearest.ts';

describe('the cities', () => {
  it('are all there, each under an id of its own', () => {
    expect(cities).toHaveLength(135_233);
    expect(indexByCityId().size).toBe(135_233);
  });

  it('are largest first when asked for', () => {
    const populations = largestCities(1_000).map(({ population }) => population);
    expect(populations).toHaveLength(1_000);
    expect(populations).toEqual(populations.toSorted((a, b) => b - a));
  });

  it('have neighbours: the nearest ten of Paris are within a few kilometres of it, in France', () => {
    const paris = cities.findIndex(({ name, country }) => name === 'Paris' && country === 'FR');
    const found = nearest(sharedCoordinates(), paris, 10);
    expect(found).toHaveLength(10);
    expect(found.every(({ index, km }) => km < 10 && cities[index]!.country === 'FR')).toBe(true);
  });
});
