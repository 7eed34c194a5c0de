import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hasOpenedAll, planMoves } from '../src/plan.ts';
import { balanced } from '../src/routers/balanced.ts';
import {
  changeBackups,
  completeMoves,
  fail,
  found,
  join,
  memberOf,
  open,
  reseat,
  reweigh,
  sizeOf,
  type View,
  wantsReseating,
} from '../src/view.ts';
import { decodeView, encodeView } from '../src/view-json.ts';
import { firstView, member, steps, take, views } from './arbitraries.ts';

const router = balanced();

function incarnationOf(view: View, id: string | null): string | null {
  return id === null ? null : (memberOf(view, id)?.incarnation ?? null);
}

/** Everything a view must be, whatever has happened. */
function checkView(view: View): void {
  const ids = view.members.map(({ id }) => id);
  expect(ids).toEqual([...new Set(ids)].sort());
  const able = view.members.filter((node) => node.weight > 0 && hasOpenedAll(view, node));
  for (const owner of view.owners) {
    if (owner === null) expect(able).toEqual([]);
    else expect(ids).toContain(owner);
  }
  expect(view.terms.every((term) => term >= 1 && term <= view.epoch)).toBe(true);
  expect(view.origins.every((origin, partition) => origin >= 1 && origin <= view.terms[partition]!)).toBe(
    true,
  );
  for (const [partition, copies] of view.backups.entries()) {
    expect(new Set(copies).size).toBe(copies.length);
    expect(copies).not.toContain(view.owners[partition]);
    for (const id of copies) expect(ids).toContain(id);
    if (view.owners[partition] === null) expect(copies).toEqual([]);
  }
  for (const { voters, gone, epoch } of [view.electorate, view.former]) {
    expect(voters).toEqual([...new Set(voters)].sort());
    expect(gone).toBeGreaterThanOrEqual(0);
    expect(epoch).toBeLessThanOrEqual(view.epoch);
  }
  expect(decodeView(encodeView(view))).toEqual(view);
}

describe('transitions', () => {
  it('keep the rules of views through any history', { timeout: 120_000 }, () => {
    fc.assert(
      fc.property(steps, (list) => {
        let view = firstView();
        checkView(view);
        for (const step of list) {
          const frozen = structuredClone(view);
          const next = take(view, step);
          expect(view).toEqual(frozen);
          expect(next.epoch).toBe(view.epoch + 1);
          expect(next.birth).toBe(view.birth);
          expect(next.owners).toHaveLength(view.owners.length);
          checkView(next);
          view = next;
        }
      }),
    );
  });

  it('change a term exactly when the owner changes, a new incarnation being another owner', () => {
    fc.assert(
      fc.property(steps, (list) => {
        let view = firstView();
        for (const step of list) {
          const next = take(view, step);
          for (const [partition, owner] of next.owners.entries()) {
            const before = view.owners[partition]!;
            const changed = owner !== before || incarnationOf(next, owner) !== incarnationOf(view, before);
            expect(next.terms[partition]).toBe(changed ? next.epoch : view.terms[partition]);
          }
          view = next;
        }
      }),
    );
  });

  it('keep the data of a partition exactly when it went to somebody who had a copy of it', () => {
    fc.assert(
      fc.property(steps, (list) => {
        let view = firstView();
        for (const step of list) {
          const next = take(view, step);
          for (const [partition, owner] of next.owners.entries()) {
            if (next.terms[partition] === view.terms[partition]) {
              expect(next.origins[partition]).toBe(view.origins[partition]);
            } else if (step.kind !== 'move') {
              // Under its id another life may have come, which has nothing.
              const same = incarnationOf(next, owner) === incarnationOf(view, owner);
              const heir = owner !== null && same && view.backups[partition]!.includes(owner);
              expect(next.origins[partition]).toBe(heir ? view.origins[partition] : next.epoch);
              if (heir) expect(next.backups[partition]).toEqual([]);
            } else expect(next.origins[partition]).toBe(view.origins[partition]);
          }
          view = next;
        }
      }),
    );
  });

  it('fence what was taken over without proof, and whatever of it is taken over again, and nothing else', () => {
    fc.assert(
      fc.property(steps, (list) => {
        let view = firstView();
        for (const step of list) {
          const next = take(view, step);
          const proved = step.kind !== 'fail' || step.end === 'proved';
          for (const [partition, term] of next.terms.entries()) {
            const before = view.fenced.includes(view.terms[partition]!);
            const taken = term !== view.terms[partition] && step.kind !== 'move';
            // An owner hands over only what it may answer for, so a move ends a fence.
            const left = view.owners[partition] !== null;
            if (taken && (before || (left && !proved))) expect(next.fenced).toContain(term);
            if (!taken && step.kind !== 'move') expect(next.fenced.includes(term)).toBe(before);
          }
          view = next;
        }
      }),
    );
  });

  it('take partitions from nobody but the members that go', () => {
    fc.assert(
      fc.property(views, fc.subarray(['a', 'b', 'c', 'd', 'e', 'f']), (view, gone) => {
        const next = fail(view, gone, router);
        expect(next.members.map(({ id }) => id).filter((id) => gone.includes(id))).toEqual([]);
        for (const [partition, owner] of view.owners.entries()) {
          if (owner !== null && !gone.includes(owner)) expect(next.owners[partition]).toBe(owner);
        }
      }),
    );
  });
});

describe('found', () => {
  it('gives everything to the founder, in the epoch it is told', () => {
    const view = found('birth', 7, 16, member('a'), router);
    expect(view).toMatchObject({ birth: 'birth', epoch: 7, caches: {} });
    expect(view.owners).toEqual(new Array(16).fill('a'));
    expect(view.terms).toEqual(new Array(16).fill(7));
    expect(view.backups).toEqual(new Array(16).fill([]));
  });

  it('leaves everything unowned when the founder has no weight, until somebody has', () => {
    const view = found('birth', 1, 4, member('a', 0), router);
    expect(view.owners).toEqual([null, null, null, null]);
    const next = join(view, [member('b')], router);
    expect(next.owners).toEqual(['b', 'b', 'b', 'b']);
    expect(next.terms).toEqual([2, 2, 2, 2]);
  });
});

describe('join', () => {
  it('says which router is used, also where the founder did not', () => {
    const { router: _, ...old } = found('birth', 1, 8, member('a'), router);
    expect(found('birth', 1, 8, member('a'), router).router).toBe('balanced');
    expect(join(old, [member('b')], router).router).toBe('balanced');
    expect(join({ ...old, router: 'other' }, [member('b')], router).router).toBe('other');
  });

  it('moves nothing by itself', () => {
    const view = join(firstView(), [member('c'), member('b')], router);
    expect(view.members.map(({ id }) => id)).toEqual(['a', 'b', 'c']);
    expect(view.owners).toEqual(firstView().owners);
  });

  it('takes everything from the earlier incarnation of a joiner', () => {
    let view = join(firstView(4), [member('b')], router);
    view = completeMoves(view, planMoves(view, router));
    view = { ...view, backups: view.owners.map((owner) => [owner === 'a' ? 'b' : 'a']) };
    const next = join(view, [{ ...member('b'), incarnation: 'b-2' }], router);
    expect(memberOf(next, 'b')?.incarnation).toBe('b-2');
    // What it owned goes to the copy that is left, with its data; what it had a copy of has none any more.
    expect(next.owners).toEqual(['a', 'a', 'a', 'a']);
    expect(next.origins).toEqual(view.origins);
    expect(next.backups).toEqual([[], [], [], []]);
    for (const [partition, owner] of view.owners.entries()) {
      expect(next.terms[partition]).toBe(owner === 'b' ? next.epoch : 1);
    }
  });
});

describe('open', () => {
  it('settles the settings of the first opener', () => {
    let view = join(firstView(), [member('b')], router);
    view = open(view, 'a', 'users', { ttl: 1 }, router);
    view = open(view, 'b', 'users', { ttl: 2 }, router);
    expect(view.caches).toEqual({ users: { ttl: 1 } });
    expect(view.members.map(({ opened }) => opened)).toEqual([['users'], ['users']]);
  });

  it('takes any name', () => {
    for (const name of ['constructor', 'toString', '__proto__']) {
      const view = open(firstView(), 'a', name, { ttl: 1 }, router);
      expect(Object.entries(view.caches)).toEqual([[name, { ttl: 1 }]]);
      expect(hasOpenedAll(view, view.members[0]!)).toBe(true);
    }
  });

  it('lists a name once, however often it is opened', () => {
    const once = open(firstView(), 'a', 'users', {}, router);
    expect(open(once, 'a', 'users', {}, router).members).toEqual(once.members);
  });
});

describe('reweigh', () => {
  it('to nothing empties the member that leaves, if there is an heir', () => {
    fc.assert(
      fc.property(views, fc.constantFrom('a', 'b', 'c'), (view, id) => {
        const leaving = reweigh(view, id, 0, router);
        const moves = planMoves(leaving, router);
        const heirs = leaving.members.filter((node) => node.weight > 0 && hasOpenedAll(view, node));
        expect(moves.every(({ to }) => heirs.some((heir) => heir.id === to))).toBe(true);
        if (heirs.length > 0) expect(completeMoves(leaving, moves).owners).not.toContain(id);
      }),
    );
  });

  it('keeps its plan while the moves are committed', () => {
    let view = join(firstView(), [member('b'), member('c')], router);
    view = reweigh(completeMoves(view, planMoves(view, router)), 'b', 0, router);
    const moves = planMoves(view, router);
    const [odd, even] = [
      moves.filter((_, index) => index % 2 === 1),
      moves.filter((_, index) => index % 2 === 0),
    ];
    expect(planMoves(completeMoves(view, odd), router)).toEqual(even);
  });

  it('leaves the data of a partition where a move took it, and begins it again where its owner was lost', () => {
    let view = join(firstView(4), [member('b')], router);
    view = completeMoves(view, planMoves(view, router));
    expect(view.origins).toEqual([1, 1, 1, 1]);
    const next = fail(view, ['b'], router);
    expect(next.origins).toEqual(view.owners.map((owner) => (owner === 'b' ? next.epoch : 1)));
  });
});

/** `a`, `b` and `c` own something, and each partition has a copy at the next of them. */
function trio(): View {
  let view = join(firstView(6 + 2), [member('b'), member('c')], router);
  view = completeMoves(view, planMoves(view, router));
  const next: Record<string, string> = { a: 'b', b: 'c', c: 'a' };
  return changeBackups(view, new Map(view.owners.map((owner, n) => [n, [next[owner!]!]])));
}

describe('the removal of an owner', () => {
  it('promotes the first in-sync copy: the data stays, and the other copies leave the set', () => {
    let view = trio();
    view = changeBackups(
      view,
      new Map(view.owners.map((owner, n) => [n, owner === 'a' ? ['c', 'b'] : ['a']])),
    );
    const next = fail(view, ['a'], router);
    for (const [partition, owner] of view.owners.entries()) {
      expect(next.owners[partition]).toBe(owner === 'a' ? 'c' : owner);
      expect(next.terms[partition]).toBe(owner === 'a' ? next.epoch : view.terms[partition]);
      expect(next.backups[partition]).toEqual([]);
    }
    expect(next.origins).toEqual(view.origins);
    expect(next.fenced).toEqual([]);
  });

  it('promotes a copy that is left when others of the set go with the owner', () => {
    let view = trio();
    view = changeBackups(view, new Map(view.owners.map((owner, n) => [n, owner === 'a' ? ['b', 'c'] : []])));
    const next = fail(view, ['a', 'b'], router);
    expect(next.owners).toEqual(Array(8).fill('c'));
    for (const [partition, owner] of view.owners.entries())
      expect(next.origins[partition]).toBe(owner === 'b' ? next.epoch : view.origins[partition]);
  });

  it('fences what it had, unless its end is proved', () => {
    const view = trio();
    const suspected = fail(view, ['a'], router, 'suspected');
    expect(suspected.fenced).toEqual([suspected.epoch]);
    expect(fail(view, ['a'], router).fenced).toEqual([]);
    expect(fail(view, ['a'], router, 'told').fenced).toEqual([view.epoch + 1]);
    expect(join(view, [{ ...member('a'), incarnation: 'a-2' }], router).fenced).toEqual([]);
  });

  it('leaves a fence standing that its owner had not outlived, proved or not', () => {
    const first = fail(trio(), ['a'], router, 'suspected');
    const [heir] = first.owners.filter((_, n) => first.fenced.includes(first.terms[n]!));
    const second = fail(first, [heir!], router);
    expect(second.fenced).toEqual([second.epoch]);
    const third = fail(second, [...second.members.map(({ id }) => id)], router);
    expect(third.owners).toEqual(Array(8).fill(null));
    const again = join(third, [member('d')], router);
    expect(again.fenced).toContain(again.epoch);
    expect(again.terms).toEqual(Array(8).fill(again.epoch));
  });

  it('lets the fence go with the last partition of its term', () => {
    const view = fail(trio(), ['a'], router, 'suspected');
    const fenced = view.terms.flatMap((term, partition) => (view.fenced.includes(term) ? [partition] : []));
    expect(fenced.length).toBeGreaterThan(1);
    const move = (partition: number) => ({ partition, from: 'b', to: 'c' });
    const some = completeMoves(view, [move(fenced[0]!)]);
    expect(some.fenced).toEqual(view.fenced);
    expect(completeMoves(some, fenced.slice(1).map(move)).fenced).toEqual([]);
  });
});

describe('an electorate', () => {
  const voters = (view: View): readonly string[] => view.electorate.voters;

  it('is the founder at first, and later those of weight, once it is changed', () => {
    const view = firstView(8);
    expect([voters(view), wantsReseating(view), reseat(view)]).toEqual([['a-1'], false, view]);
    const more = join(view, [member('b'), member('c', 0)], router);
    expect([voters(more), wantsReseating(more)]).toEqual([['a-1'], true]);
    const seated = reseat(more);
    expect(seated).toMatchObject({
      epoch: 2,
      electorate: { epoch: 2, voters: ['a-1', 'b-1'], gone: 0 },
      former: { epoch: 1, voters: ['a-1'], gone: 0 },
    });
    expect(wantsReseating(seated)).toBe(false);
  });

  it('is everybody where nobody has weight', () => {
    const view = reseat(join(found('birth', 1, 8, member('a', 0), router), [member('b', 0)], router));
    expect(voters(view)).toEqual(['a-1', 'b-1']);
  });

  it('counts those who are certainly gone among its size, in both electorates, until it is changed', () => {
    const view = reseat({ ...reseat(trio()), epoch: 9 });
    const next = fail(view, ['b'], router);
    expect(next.electorate).toMatchObject({ voters: ['a-1', 'c-1'], gone: 1 });
    expect(sizeOf(next.electorate)).toBe(3);
    expect(wantsReseating(next)).toBe(true);
    const seated = reseat({ ...next, epoch: next.epoch + 1 });
    expect(seated.electorate).toMatchObject({ voters: ['a-1', 'c-1'], gone: 0 });
    const last = fail(seated, ['c'], router);
    expect(last.former).toMatchObject({ voters: ['a-1'], gone: 2 });
  });

  it('keeps the vote of one that is merely suspected', () => {
    const next = fail(reseat(trio()), ['b'], router, 'suspected');
    expect(next.electorate).toMatchObject({ voters: ['a-1', 'b-1', 'c-1'], gone: 0 });
    expect(wantsReseating(next)).toBe(true);
  });
});

describe('changeBackups', () => {
  it('changes the sets it names, and nothing else', () => {
    const view = trio();
    const next = changeBackups(view, new Map([[3, ['b', 'c']]]));
    expect(next).toEqual({
      ...view,
      epoch: view.epoch + 1,
      backups: view.backups.map((ids, partition) => (partition === 3 ? ['b', 'c'] : ids)),
    });
  });
});

describe('completeMoves', () => {
  it('names the copies that each owner says it leaves behind, and none where it says nothing', () => {
    const view = trio();
    const [first, second] = view.owners.flatMap((owner, partition) => (owner === 'a' ? [partition] : []));
    const next = completeMoves(view, [
      { partition: first!, from: 'a', to: 'b', backups: ['c', 'a'] },
      { partition: second!, from: 'a', to: 'b' },
    ]);
    expect([next.backups[first!], next.backups[second!]]).toEqual([['c', 'a'], []]);
    expect([next.owners[first!], next.terms[first!], next.origins[first!]]).toEqual(['b', next.epoch, 1]);
    expect(next.electorate).toEqual(view.electorate);
  });
});
