import { balanced, type Router } from '@cachex/router';
import { expect, it } from 'vitest';
import { imbalance, movesOf } from '../src/routing/tables.ts';

/** Gives every other partition to the first member, whoever else there is. */
const unfair: Router = {
  name: 'unfair',
  assign: (members, partitions) =>
    Array.from({ length: partitions }, (_, n) => (n % 2 === 0 ? members[0]! : members.at(-1)!).id),
};

it('tells how far the largest share is from the mean', () => {
  expect(imbalance(balanced(), 4)).toBe(1);
  expect(imbalance(unfair, 4)).toBe(2);
});

it('tells how many partitions change their owner when one more joins', () => {
  expect(movesOf(balanced(), 3)).toBe(1_024);
  expect(movesOf(unfair, 3)).toBe(2_048);
});
