import { describe, expect, it } from 'vitest';
import { Grants } from '../../src/cluster/grants.ts';
import { ManualClock } from '../manual-clock.ts';

class Told {
  open = true;
  readonly hashes: number[] = [];
  tell(service: string, hash: number): void {
    expect(service).toBe('users');
    this.hashes.push(hash);
  }
}

function setUp(most?: number): { clock: ManualClock; grants: Grants } {
  const clock = new ManualClock();
  const options = { name: 'users', clock, partitions: 8, longest: 1_000 };
  return { clock, grants: new Grants(most === undefined ? options : { ...options, most }) };
}

describe('grants', () => {
  it('tell everybody who was promised, once', () => {
    const { grants } = setUp();
    const [one, other, third] = [new Told(), new Told(), new Told()] as const;
    for (const link of [one, other, one]) expect(grants.give(link, 5)).toBe(true);
    grants.give(third, 13);
    expect(grants.size).toBe(3);
    grants.changed(5);
    grants.changed(5);
    grants.changed(6);
    expect([one.hashes, other.hashes, third.hashes]).toEqual([[5], [5], []]);
    expect(grants.size).toBe(1);
  });

  it('tell of all in a partition when that is cleared or goes', () => {
    const { grants } = setUp();
    const link = new Told();
    for (const hash of [1, 9, 17, 2]) grants.give(link, hash);
    grants.changedAll(1);
    expect(link.hashes).toEqual([1, 9, 17]);
    expect(grants.size).toBe(1);
  });

  it('are no more than there may be', () => {
    const { grants } = setUp(3);
    const [one, other] = [new Told(), new Told()] as const;
    for (const hash of [1, 2]) expect(grants.give(one, hash)).toBe(true);
    expect(grants.give(other, 1)).toBe(true);
    expect(grants.give(other, 2)).toBe(false);
    // Those that it has it may have again.
    expect(grants.give(one, 2)).toBe(true);
    grants.changed(1);
    expect(grants.give(other, 2)).toBe(true);
    expect(grants.size).toBe(2);
  });

  it('are remembered for longer than they were given for, and then forgotten', () => {
    const { clock, grants } = setUp();
    const link = new Told();
    grants.give(link, 1);
    clock.advance(1_200);
    grants.give(link, 2);
    clock.advance(100);
    // In between generations, and given again.
    grants.give(link, 2);
    expect(grants.size).toBe(2);
    clock.advance(1_149);
    grants.changed(2);
    expect(link.hashes).toEqual([2]);
    clock.advance(1_000);
    expect(grants.size).toBe(0);
    grants.changed(1);
    expect(link.hashes).toEqual([2]);
  });

  it('end with the link, when another one is met', () => {
    const { grants } = setUp();
    const [ended, stays, again] = [new Told(), new Told(), new Told()] as const;
    for (const link of [ended, stays]) for (const hash of [1, 2]) grants.give(link, hash);
    ended.open = false;
    expect(grants.size).toBe(4);
    grants.give(again, 1);
    expect(grants.size).toBe(3);
    grants.changed(1);
    expect([ended.hashes, stays.hashes, again.hashes]).toEqual([[], [1], [1]]);
    grants.close();
    expect(grants.size).toBe(0);
  });
});
