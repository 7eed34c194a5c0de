import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BackupPlan } from '../../src/backup-plan.ts';
import { planMoves } from '../../src/plan.ts';
import { rendezvous } from '../../src/routers/rendezvous.ts';
import { routerSuite } from '../../src/testing/router-suite.ts';
import { changeBackups, completeMoves, fail, found, join } from '../../src/view.ts';
import { member } from '../arbitraries.ts';
import { fingerprint, membersOf, movedBetween } from './shares.ts';

routerSuite({ describe, it }, 'rendezvous', rendezvous, { balance: 'rough', movement: 'share' });

const weights = fc.array(fc.constantFrom(0.1, 1, 1, 2, 10), { minLength: 1, maxLength: 8 });

describe('rendezvous', () => {
  it('is the same in every version: nodes of several must agree', () => {
    expect(fingerprint(rendezvous())).toBe(2_392_843_580);
  });

  it('moves to or from the one member that comes, goes or has another weight, and between no others', () => {
    fc.assert(
      fc.property(weights, fc.nat(), fc.constantFrom(0, 0.5, 5), (list, pick, weight) => {
        const members = membersOf([...list, 1]);
        const changed = members.map((one, n) => (n === pick % list.length ? { ...one, weight } : one));
        const [before, after] = [members, changed].map((some) => rendezvous().assign(some, 256, []));
        const { id } = members[pick % list.length]!;
        for (const partition of movedBetween(before!, after!))
          expect([before![partition], after![partition]]).toContain(id);
      }),
    );
  });

  it('wants partitions where a copy is promoted when their owner dies', () => {
    const router = rendezvous();
    const others = ['b', 'c', 'd', 'e'].map((id) => member(id));
    let view = join(found('birth', 1, 1024, member('a'), router, { redundancy: 1 }), others, router);
    view = completeMoves(view, planMoves(view, router));
    const plan = new BackupPlan(view);
    view = changeBackups(
      view,
      new Map(view.owners.map((_, partition) => [partition, plan.wanted(partition)])),
    );
    expect(planMoves(fail(view, ['c'], router), router)).toEqual([]);
  });
});
