import { describe, expect, it } from 'vitest';
import { Electors } from '../src/electors.ts';
import { balanced } from '../src/routers/balanced.ts';
import { fail, join, reseat, type View } from '../src/view.ts';
import { firstView, member } from './arbitraries.ts';

const router = balanced();

/** `a` founded it; then `b` and `c` came, and now all of them vote. */
const trio = reseat(join(firstView(8), [member('b'), member('c')], router));

/** The next electorate after that: `d` votes as well. */
const four = reseat(join(trio, [member('d')], router));

function heard(self: string, epochs: Readonly<Record<string, number>>): Electors {
  const electors = new Electors(self);
  for (const [incarnation, epoch] of Object.entries(epochs)) electors.heard(incarnation, epoch);
  return electors;
}

describe('the former electorate', () => {
  it('is over once half of it is known to vote in the present one', () => {
    expect(four.former.voters).toEqual(['a-1', 'b-1', 'c-1']);
    const { epoch } = four.electorate;
    const over = (epochs: Record<string, number>): boolean => heard('a-1', epochs).formerIsOver(four);
    expect(over({})).toBe(false);
    expect(over({ 'b-1': epoch - 1, 'c-1': epoch - 1 })).toBe(false);
    expect(over({ 'b-1': epoch })).toBe(true);
    expect(over({ 'c-1': epoch + 5 })).toBe(true);
    // One who did not vote then has nothing to say.
    expect(over({ 'd-1': epoch })).toBe(false);
  });

  it('of one is over for that one at once, and for others when they hear of it', () => {
    expect(new Electors('a-1').formerIsOver(trio)).toBe(true);
    expect(new Electors('b-1').formerIsOver(trio)).toBe(false);
    expect(heard('b-1', { 'a-1': trio.epoch }).formerIsOver(trio)).toBe(true);
  });

  it('counts those who are certainly gone, and not those who are merely suspected', () => {
    expect(new Electors('a-1').formerIsOver(fail(four, ['b'], router))).toBe(true);
    expect(new Electors('d-1').formerIsOver(fail(four, ['b'], router))).toBe(false);
    expect(new Electors('d-1').formerIsOver(fail(four, ['b', 'c'], router))).toBe(true);
    expect(new Electors('a-1').formerIsOver(fail(four, ['b', 'c'], router, 'suspected'))).toBe(false);
  });

  it('is known to be over from views, which never go back', () => {
    const electors = heard('a-1', { 'b-1': four.epoch });
    electors.heard('b-1', 1);
    expect(electors.formerIsOver(four)).toBe(true);
  });

  it('is not forgotten while it matters, but those are who neither are members nor vote', () => {
    const electors = heard('a-1', { 'b-1': four.epoch, 'x-1': four.epoch });
    const without: View = fail(four, ['b'], router, 'suspected');
    electors.follow(without);
    expect(electors.formerIsOver(without)).toBe(true);
    const later: View = { ...four, former: { epoch: 1, voters: ['x-1', 'y-1'], gone: 0 } };
    expect(electors.formerIsOver(later)).toBe(false);
  });
});

describe('a change', () => {
  it('comes with another electorate only if the former one is over', () => {
    const next = join(four, [member('e')], router);
    expect(new Electors('a-1').seated(four, next)).toEqual(next);
    const seated = heard('a-1', { 'b-1': four.epoch }).seated(four, next);
    expect(seated.electorate).toEqual({
      epoch: next.epoch,
      voters: ['a-1', 'b-1', 'c-1', 'd-1', 'e-1'],
      gone: 0,
    });
    expect(seated.former).toEqual(four.electorate);
  });
});
