import fc from 'fast-check';
import type { Build } from '../src/build.ts';
import type { Key } from '../src/hash.ts';
import { planMoves } from '../src/plan.ts';
import type { Router } from '../src/router.ts';
import { balanced } from '../src/routers/balanced.ts';
import {
  changeBackups,
  completeMoves,
  type End,
  fail,
  found,
  join,
  type Member,
  open,
  reseat,
  reweigh,
  type View,
} from '../src/view.ts';

/** Keys that are often nearly the same: few texts, marks of the composite form, every edge of numbers. */
export const keys: fc.Arbitrary<Key> = fc.letrec<{ key: Key; array: readonly Key[] }>((tie) => ({
  key: fc.oneof(
    { maxDepth: 4 },
    fc.oneof(
      fc.constantFrom(
        '',
        '1',
        'a',
        'b',
        'ab',
        '\0',
        '\0[',
        '\0[s1:a]',
        '\0s\0',
        's1:a',
        'n1;',
        ']',
        'NaN',
        'null',
      ),
      fc.string({ unit: 'binary' }),
      fc.constantFrom('\ud800', '\udc00', '\ud800\udc00'),
    ),
    fc.oneof(
      fc.constantFrom(0, -0, 1, -1, 0.5, Number.NaN, Infinity, -Infinity, 2 ** 31, 2 ** 53, 5e-324),
      fc.double(),
      fc.integer(),
    ),
    fc.oneof(fc.constantFrom(0n, 1n, -1n, 10n, 2n ** 64n), fc.bigInt()),
    fc.constantFrom(true, false, null),
    tie('array'),
  ),
  array: fc.array(tie('key'), { maxLength: 4 }),
})).key;

/** The rule of equality, spelled out independently of how identities are built. */
export function sameKey(a: Key, b: Key): boolean {
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((element, index) => sameKey(element, b[index]));
  }
  return a === b || (Number.isNaN(a) && Number.isNaN(b));
}

export function member(id: string, weight = 1, opened: readonly string[] = []): Member {
  return { id, incarnation: `${id}-1`, address: `memory:${id}`, weight, opened };
}

export type Step =
  | { kind: 'join'; members: readonly Member[] }
  | { kind: 'fail'; ids: readonly string[]; end: End }
  | { kind: 'reweigh'; id: string; weight: number }
  | { kind: 'backups'; seed: number }
  | { kind: 'reseat' }
  | { kind: 'open'; id: string; name: string }
  | { kind: 'move'; pick: number; keep: boolean };

const ids = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');
const weights = fc.constantFrom(0, 1, 1, 1, 2, 3, 0.1, 0.7);
/** What can happen to a cluster whose nodes are of these builds; some steps name nodes that are not there. */
export function stepsOf(
  builds: readonly [Build | undefined, ...(Build | undefined)[]],
): fc.Arbitrary<Step[]> {
  const joiner = fc
    .record({
      id: ids,
      weight: weights,
      incarnation: fc.stringMatching(/^[a-z]{6}$/),
      build: fc.constantFrom(...builds),
    })
    .map(({ id, weight, incarnation, build }) => ({
      ...member(id, weight),
      incarnation,
      ...(build === undefined ? {} : { build }),
    }));
  return fc.array(
    fc.oneof(
      fc.record({
        kind: fc.constant('join' as const),
        members: fc.uniqueArray(joiner, { minLength: 1, maxLength: 3, selector: ({ id }) => id }),
      }),
      fc.record({
        kind: fc.constant('fail' as const),
        ids: fc.uniqueArray(ids, { minLength: 1, maxLength: 2 }),
        end: fc.constantFrom('proved', 'told', 'suspected'),
      }),
      fc.record({ kind: fc.constant('reweigh' as const), id: ids, weight: weights }),
      fc.record({ kind: fc.constant('backups' as const), seed: fc.nat(1_000) }),
      fc.constant({ kind: 'reseat' as const }),
      fc.record({
        kind: fc.constant('open' as const),
        id: ids,
        name: fc.constantFrom('users', 'carts', 'constructor', '__proto__'),
      }),
      fc.record({ kind: fc.constant('move' as const), pick: fc.nat(7), keep: fc.boolean() }),
    ),
    { maxLength: 20 },
  );
}

/** The same of nodes without a build. */
export const steps: fc.Arbitrary<Step[]> = stepsOf([undefined]);

const usual = balanced();

export function firstView(partitions = 64, router: Router = usual): View {
  return found('birth', 1, partitions, member('a'), router);
}

/** The view after one step; `move` commits some of the planned moves. */
export function take(view: View, step: Step, router: Router = usual): View {
  switch (step.kind) {
    case 'join':
      // Each start is another one, even where what was drawn for it has come before.
      return join(
        view,
        step.members.map((one) => ({ ...one, incarnation: `${one.incarnation}${view.epoch}` })),
        router,
      );
    case 'fail':
      return fail(view, step.ids, router, step.end);
    case 'reweigh':
      return reweigh(view, step.id, step.weight, router);
    case 'reseat':
      return reseat({ ...view, epoch: view.epoch + 1 });
    case 'backups':
      return changeBackups(view, someBackups(view, step.seed));
    case 'open':
      return open(view, step.id, step.name, { ttl: 1000 }, router);
    case 'move': {
      const moves = planMoves(view, router).filter(({ partition }) => partition % 8 <= step.pick);
      // The owner that hands over stays as a copy, or nobody does.
      return completeMoves(
        view,
        step.keep ? moves.map((move) => ({ ...move, backups: [move.from] })) : moves,
      );
    }
  }
}

/** Up to two other members for some of the partitions that have an owner. */
function someBackups(view: View, seed: number): ReadonlyMap<number, readonly string[]> {
  const changes = new Map<number, readonly string[]>();
  for (const [partition, owner] of view.owners.entries()) {
    if (owner === null || (partition + seed) % 3 === 0) continue;
    const others = view.members.map(({ id }) => id).filter((id) => id !== owner);
    const at = others.length === 0 ? 0 : (partition * 7 + seed) % others.length;
    changes.set(partition, [...others.slice(at), ...others.slice(0, at)].slice(0, seed % 3));
  }
  return changes;
}

/** Views as a cluster comes to them. */
export const views: fc.Arbitrary<View> = steps.map((list) =>
  list.reduce((view, step) => take(view, step), firstView()),
);
