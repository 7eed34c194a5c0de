import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PolicyFactory } from '../../../src/local/limits/policy.ts';
import { Residents } from './residents.ts';

interface Step {
  readonly step: 'add' | 'use' | 'write' | 'remove' | 'evict';
  readonly key: number;
  readonly weight: number;
}

const often = (step: Step['step'], times: number): Step['step'][] => new Array(times).fill(step);
const step: fc.Arbitrary<Step> = fc.record({
  step: fc.constantFrom(
    ...often('add', 6),
    ...often('use', 4),
    ...often('write', 2),
    ...often('remove', 1),
    ...often('evict', 3),
  ),
  key: fc.nat(40),
  weight: fc.integer({ min: 0, max: 9 }),
});
const steps = fc.array(step, { maxLength: 200, size: 'max' });
const withoutEvictions = steps.map((all) => all.filter((one) => one.step !== 'evict'));

/** Takes a step if it can be taken: answers what was evicted. */
function take(residents: Residents, { step, key, weight }: Step): number | undefined {
  if (step === 'evict') return residents.slots.size > 0 ? residents.evict() : undefined;
  const there = residents.has(key);
  if (step === 'add' && !there) residents.add(key, weight);
  else if (step === 'use' && there) residents.use(key);
  else if (step === 'write' && there) residents.write(key, weight);
  else if (step === 'remove' && there) residents.remove(key);
  return undefined;
}

/** What follows, from here on, of those steps and of evicting everything that is left. */
function outcome(residents: Residents, all: readonly Step[]): (number | undefined)[] {
  const evicted = all.map((one) => take(residents, one));
  while (residents.slots.size > 0) evicted.push(residents.evict());
  return evicted;
}

/** What every policy must do. */
export function policySuite(name: string, create: PolicyFactory): void {
  describe(`the policy ${name}`, () => {
    it('evicts each entry that is there once, whatever happened before', () => {
      fc.assert(
        fc.property(steps, (all) => {
          const residents = new Residents(create);
          for (const one of all) take(residents, one);
          const there = [...residents.slots.keys()].sort();
          const evicted = outcome(residents, []);
          expect(evicted.sort()).toEqual(there);
        }),
      );
    });

    it('does the same whenever the same is done', () => {
      fc.assert(
        fc.property(steps, (all) => {
          expect(outcome(new Residents(create), all)).toEqual(outcome(new Residents(create), all));
        }),
      );
    });

    it('is as new after clear', () => {
      fc.assert(
        fc.property(steps, steps, (before, after) => {
          const residents = new Residents(create);
          for (const one of before) take(residents, one);
          residents.clear();
          expect(outcome(residents, after)).toEqual(outcome(new Residents(create), after));
        }),
      );
    });

    it('is as new after everything was removed that was ever added', () => {
      fc.assert(
        fc.property(withoutEvictions, steps, (before, after) => {
          const residents = new Residents(create);
          for (const one of before) take(residents, one);
          for (const hash of [...residents.slots.keys()]) residents.remove(hash);
          expect(outcome(residents, after)).toEqual(outcome(new Residents(create), after));
        }),
      );
    });

    it('makes room after an entry was added as well as before', () => {
      const residents = new Residents(create);
      for (let hash = 0; hash < 1_000; hash += 1) {
        residents.add(hash);
        if (residents.slots.size > 10) residents.evict();
      }
      expect(residents.slots.size).toBe(10);
    });

    it('evicts in a cache of one entry the one that is there', () => {
      const residents = new Residents(create);
      residents.add(0);
      for (let hash = 1; hash < 100; hash += 1) {
        residents.use(hash - 1);
        expect(residents.evict()).toBe(hash - 1);
        residents.add(hash);
      }
    });

    it('manages entries of more than a chunk of slots', () => {
      const residents = new Residents(create);
      for (let hash = 0; hash < 40_000; hash += 1) residents.add(hash);
      for (let hash = 0; hash < 40_000; hash += 3) residents.use(hash);
      for (let hash = 1; hash < 40_000; hash += 3) residents.remove(hash);
      const evicted = new Set<number>();
      while (residents.slots.size > 0) evicted.add(residents.evict());
      expect(evicted.size).toBe(26_667);
    });
  });
}
