import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Majority } from '../src/majority.ts';

/** Since when more than half have given, worked out anew from all that was said. */
function expected(voters: readonly string[], gone: number, given: ReadonlyMap<string, number>) {
  const times = voters.map((voter) => (voter === 'self' ? Number.POSITIVE_INFINITY : given.get(voter)));
  const newest = times.filter((time) => time !== undefined).sort((one, other) => other - one);
  return newest[Math.floor((voters.length + gone) / 2)];
}

const names = ['a', 'b', 'c', 'd', 'e', 'f', 'self'];
const electorate = fc.record({
  voters: fc.subarray(names, { minLength: 1 }),
  gone: fc.nat(3),
  anew: fc.boolean(),
});
const gift = fc.record({ voter: fc.constantFrom(...names.slice(0, -1), 'nobody'), time: fc.nat(20) });

describe('a majority', () => {
  it('is since when as one would count, whoever gives and votes', () => {
    fc.assert(
      fc.property(electorate, fc.array(fc.oneof(electorate, gift)), (first, steps) => {
        const majority = new Majority('self');
        let seated = first;
        let given = new Map<string, number>();
        majority.seat({ epoch: 1, ...first }, true);
        for (const step of steps) {
          if ('voter' in step) {
            majority.note(step.voter, step.time);
            if (seated.voters.includes(step.voter))
              given.set(step.voter, Math.max(step.time, given.get(step.voter) ?? 0));
          } else {
            majority.seat({ epoch: 1, ...step }, step.anew);
            // Who does not vote any more has to give again when it does.
            given = new Map([...given].filter(([voter]) => !step.anew && step.voters.includes(voter)));
            seated = step;
          }
          expect(majority.since).toBe(expected(seated.voters, seated.gone, given));
        }
      }),
    );
  });
});
