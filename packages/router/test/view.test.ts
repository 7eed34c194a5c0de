import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { balanced } from '../src/routers/balanced.ts';
import {
  completeMoves,
  fail,
  found,
  hasOpenedAll,
  join,
  memberOf,
  open,
  planMoves,
  reweigh,
  type View,
} from '../src/view.ts';
import { firstView, member, steps, take, views } from './arbitraries.ts';

const router = balanced();

function openEverywhere(view: View, name: string): View {
  return view.members.reduce((next, { id }) => open(next, id, name, {}, router), view);
}

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
  expect(view.backups.flat().every((id) => ids.includes(id))).toBe(true);
}

describe('transitions', () => {
  it('keep the rules of views through any history', () => {
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
    expect(next.backups).toEqual(view.owners.map((owner) => (owner === 'a' ? [] : ['a'])));
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

describe('planMoves', () => {
  it('reaches balance in as many moves as were planned, in any batches in any order', () => {
    fc.assert(
      fc.property(views, fc.infiniteStream(fc.nat()), (start, draw) => {
        let view = ['users', 'carts', 'constructor', '__proto__'].reduce(openEverywhere, start);
        const planned = planMoves(view, router);
        const target = router.assign(view.members, view.owners.length, view.owners);
        for (let left = planned; left.length > 0; ) {
          const picked = left.filter(() => draw.next().value % 3 === 0);
          const batch = picked.length > 0 ? picked : left.slice(0, 1);
          for (const move of batch) expect(view.owners[move.partition]).toBe(move.from);
          view = completeMoves(view, batch.toReversed());
          left = left.filter((move) => !batch.includes(move));
          expect(planMoves(view, router)).toEqual(left);
        }
        if (target[0] !== null) expect(view.owners).toEqual(target);
      }),
    );
  });

  it('gives nothing to a member that has yet to open something, and takes nothing from it for that', () => {
    let view = open(firstView(8), 'a', 'users', {}, router);
    view = join(view, [member('b')], router);
    expect(planMoves(view, router)).toEqual([]);
    view = open(view, 'b', 'users', {}, router);
    view = completeMoves(view, planMoves(view, router));
    expect(view.owners.filter((owner) => owner === 'b')).toHaveLength(4);
    view = open(view, 'a', 'carts', {}, router);
    expect(planMoves(view, router)).toEqual([]);
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
