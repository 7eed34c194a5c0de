import { describe, expect, it } from 'vitest';
import { BackupPlan, underReplicated } from '../src/backup-plan.ts';
import { planMoves } from '../src/plan.ts';
import { balanced } from '../src/routers/balanced.ts';
import { changeBackups, completeMoves, fail, found, join, open, type View } from '../src/view.ts';
import { member } from './arbitraries.ts';

const router = balanced();
const partitions = 4096;

/** Members of these weights, each with its share. */
function cluster(weights: Readonly<Record<string, number>>, redundancy: number): View {
  const [founder, ...others] = Object.entries(weights).map(([id, weight]) => member(id, weight));
  const view = join(found('birth', 1, partitions, founder!, router, { redundancy }), others, router);
  return completeMoves(view, planMoves(view, router));
}

function wanted(view: View): readonly (readonly string[])[] {
  const plan = new BackupPlan(view);
  return view.owners.map((_, partition) => plan.wanted(partition));
}

function countOf(view: View): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const id of wanted(view).flat()) counts[id] = (counts[id] ?? 0) + 1;
  return counts;
}

describe('the plan of backups', () => {
  it('wants as many as there are to be or can be, different ones, and never the owner', () => {
    for (const redundancy of [0, 1, 2]) {
      for (const weights of [{ a: 1 }, { a: 1, b: 1 }, { a: 1, b: 2, c: 1, d: 0.5 }]) {
        const view = cluster(weights, redundancy);
        for (const [partition, ids] of wanted(view).entries()) {
          expect(ids).toHaveLength(Math.min(redundancy, view.members.length - 1));
          expect(new Set(ids).size).toBe(ids.length);
          expect(ids).not.toContain(view.owners[partition]);
        }
      }
    }
  });

  it('wants nobody of weight 0, and nobody who has not opened everything', () => {
    let view = cluster({ a: 1, b: 1, c: 0 }, 2);
    expect(countOf(view)).toEqual({ a: partitions / 2, b: partitions / 2 });
    view = open(view, 'a', 'users', {}, router);
    expect(Object.keys(countOf(view))).toEqual(['a']);
    view = open(view, 'b', 'users', {}, router);
    expect(Object.keys(countOf(view)).sort()).toEqual(['a', 'b']);
  });

  it('gives heavier members more', () => {
    const view = { ...cluster({ a: 1, b: 1, c: 2, d: 4 }, 1), owners: Array(partitions).fill('a') };
    const { b, c, d } = countOf(view);
    expect(b! / partitions).toBeCloseTo(1 / 7, 1);
    expect(c! / partitions).toBeCloseTo(2 / 7, 1);
    expect(d! / partitions).toBeCloseTo(4 / 7, 1);
  });

  it('changes for a member that comes only where that is now wanted itself', () => {
    for (const redundancy of [1, 2]) {
      const before = cluster({ a: 1, b: 1, c: 1, d: 1 }, redundancy);
      const after = join(before, [member('e')], router);
      const [was, is] = [wanted(before), wanted(after)];
      let taken = 0;
      for (const [partition, ids] of is.entries()) {
        const kept = ids.filter((id) => id !== 'e');
        expect(kept).toEqual(was[partition]!.slice(0, kept.length));
        if (kept.length < ids.length) taken += 1;
      }
      // Everybody but the owner is as likely as any other.
      expect(taken / partitions).toBeCloseTo(redundancy / 4, 1);
    }
  });

  it('changes for a member that goes only where that was wanted or was the owner', () => {
    const before = cluster({ a: 1, b: 1, c: 1, d: 1 }, 1);
    const after = fail(before, ['d'], router);
    const [was, is] = [wanted(before), wanted(after)];
    for (const [partition, ids] of is.entries()) {
      if (before.owners[partition] !== 'd' && !was[partition]!.includes('d'))
        expect(ids).toEqual(was[partition]);
    }
  });

  it('is the same wherever it is worked out', () => {
    const view = cluster({ a: 1, b: 3, c: 2 }, 2);
    expect(wanted({ ...view, members: view.members.toReversed() })).toEqual(wanted(view));
  });
});

describe('under-replicated', () => {
  it('are the partitions with fewer in-sync copies than they could have', () => {
    const view = cluster({ a: 1, b: 1, c: 1 }, 2);
    expect(underReplicated(view)).toBe(partitions);
    const full = changeBackups(view, new Map(wanted(view).entries()));
    expect(underReplicated(full)).toBe(0);
    expect(underReplicated(changeBackups(full, new Map([[7, full.backups[7]!.slice(0, 1)]])))).toBe(1);
    // With one member less there can be only one copy.
    const fewer = fail(full, ['c'], router);
    const one = changeBackups(fewer, new Map(wanted(fewer).entries()));
    expect(underReplicated(one)).toBe(0);
    expect(underReplicated(cluster({ a: 1, b: 0 }, 1))).toBe(0);
    expect(underReplicated(cluster({ a: 1, b: 1 }, 0))).toBe(0);
  });
});
