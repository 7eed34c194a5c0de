import { describe, expect, it } from 'vitest';
import { seededRandom, weightedChoice } from '../src/weighted-choice.ts';

const letters = [
  { letter: 'a', weight: 1 },
  { letter: 'b', weight: 0 },
  { letter: 'c', weight: 3 },
];

function choiceAt(random: number): string {
  return weightedChoice(
    letters,
    ({ weight }) => weight,
    () => random,
  )().letter;
}

describe('weightedChoice', () => {
  it('gives each item its share of the numbers from 0 to 1', () => {
    expect([0, 0.2499, 0.25, 0.999_999].map(choiceAt)).toEqual(['a', 'a', 'c', 'c']);
  });

  it('chooses in proportion to the weights', () => {
    const choose = weightedChoice(letters, ({ weight }) => weight, seededRandom(1));
    const chosen = Array.from({ length: 40_000 }, () => choose().letter);
    const count = (letter: string) => chosen.filter((each) => each === letter).length;
    expect(count('b')).toBe(0);
    expect(count('c') / count('a')).toBeCloseTo(3, 0);
  });

  it('refuses to choose among nothing', () => {
    expect(() => weightedChoice([], () => 1, Math.random)).toThrow(RangeError);
  });
});

describe('seededRandom', () => {
  it('repeats its sequence for the same seed only', () => {
    const sequence = (seed: number) => Array.from({ length: 5 }, seededRandom(seed));
    expect(sequence(1)).toEqual(sequence(1));
    expect(sequence(1)).not.toEqual(sequence(2));
  });

  it('stays from 0 to below 1, spread evenly', () => {
    const random = seededRandom(3);
    const numbers = Array.from({ length: 10_000 }, random);
    expect(Math.min(...numbers)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...numbers)).toBeLessThan(1);
    expect(numbers.reduce((sum, number) => sum + number) / numbers.length).toBeCloseTo(0.5, 1);
  });
});
