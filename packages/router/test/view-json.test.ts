import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planMoves } from '../src/plan.ts';
import { balanced } from '../src/routers/balanced.ts';
import { completeMoves, found, join, type View } from '../src/view.ts';
import { decodeView, encodeView } from '../src/view-json.ts';
import { firstView, member, views } from './arbitraries.ts';

const withBackups = fc.tuple(views, fc.infiniteStream(fc.nat())).map(([view, draw]): View => {
  const ids = view.members.map(({ id }) => id);
  const backups = view.owners.map((owner) =>
    ids.filter((id) => id !== owner && draw.next().value % 3 === 0).slice(0, 2),
  );
  return { ...view, backups };
});

const refused = expect.objectContaining({ name: 'RouterError', code: 'PROTOCOL' });

/** What a decoded view must be, whatever it was decoded from. */
function checkView(view: View): void {
  const ids = view.members.map(({ id }) => id);
  expect(typeof view.birth).toBe('string');
  expect(Number.isSafeInteger(view.epoch) && view.epoch > 0).toBe(true);
  expect(ids).toEqual([...new Set(ids)].sort());
  for (const { id, incarnation, address, weight, opened } of view.members) {
    for (const text of [id, incarnation, address, ...opened]) expect(typeof text).toBe('string');
    expect(Array.isArray(opened)).toBe(true);
    expect(typeof weight === 'number' && weight >= 0).toBe(true);
  }
  expect(view.backups).toHaveLength(view.owners.length);
  expect(view.terms).toHaveLength(view.owners.length);
  expect(view.owners.every((owner) => owner === null || ids.includes(owner))).toBe(true);
  expect(view.backups.flat().every((id) => ids.includes(id))).toBe(true);
  expect(view.terms.every(Number.isInteger)).toBe(true);
  expect(typeof view.caches === 'object' && view.caches !== null && !Array.isArray(view.caches)).toBe(true);
}

describe('view JSON', () => {
  it('round-trips every view', () => {
    fc.assert(
      fc.property(withBackups, (view) => {
        const text = encodeView(view);
        expect(decodeView(text)).toEqual(view);
        expect(encodeView(decodeView(text))).toBe(text);
      }),
    );
  });

  it('is read as well from nodes that know neither builds nor the name of a router', () => {
    const view = found('birth', 1, 8, { ...member('a'), build: 7 }, balanced());
    const { router, ...old } = JSON.parse(encodeView(view));
    const { build, ...earlier } = old.members[0];
    expect([router, build]).toEqual(['balanced', 7]);
    const read = decodeView(JSON.stringify({ ...old, members: [earlier] }));
    expect([Object.hasOwn(read, 'router'), Object.hasOwn(read.members[0]!, 'build')]).toEqual([false, false]);
    expect(decodeView(encodeView(read))).toEqual(read);
  });

  it('keeps 4096 partitions of ten members short', () => {
    const router = balanced();
    let view = found('b', 1, 4096, member('a'), router);
    for (const id of 'bcdefghij') {
      view = join(view, [member(id)], router);
      view = completeMoves(view, planMoves(view, router));
    }
    expect(encodeView(view).length).toBeLessThan(10_000);
  });

  it.each([
    '',
    'null',
    '1',
    '[]',
    '{}',
    '"view"',
    '{"format":2}',
    '{"format":1}',
    'not json',
    '{"format":1,',
  ])('refuses %o', (text) => {
    expect(() => decodeView(text)).toThrow(refused);
  });

  it('refuses any text cut short', () => {
    const text = encodeView(firstView(8));
    for (let length = 0; length < text.length; length += 1) {
      expect(() => decodeView(text.slice(0, length))).toThrow(refused);
    }
  });

  it.each<[string, object]>([
    [
      'more partitions than a cluster can have',
      { partitions: 2 ** 20, owners: [0, 2 ** 20], terms: [1, 2 ** 20] },
    ],
    ['a run longer than the partitions', { owners: [0, 2 ** 31] }],
    ['backups longer than the partitions', { backups: [[[], 2 ** 31]] }],
    ['an owner who is no member', { owners: [7, 8] }],
    ['a backup that is no index', { backups: [[['length'], 8]] }],
    ['a backup that is no member', { backups: [[[3], 8]] }],
    ['an epoch of 0', { epoch: 0 }],
    ['an epoch that is no whole number', { epoch: 1.5 }],
    ['a weight below 0', { members: [{ ...member('a'), weight: -1 }] }],
    ['a weight that JSON cannot hold', { members: [{ ...member('a'), weight: Number.NaN }] }],
    ['a weight in letters', { members: [{ ...member('a'), weight: '1' }] }],
    ['a build that has no order', { members: [{ ...member('a'), build: 1.5 }] }],
    ['a build that is an object', { members: [{ ...member('a'), build: {} }] }],
    ['a router without a name', { router: 7 }],
    ['opened caches as a string', { members: [{ ...member('a'), opened: 'users' }] }],
    ['a member twice', { members: [member('a'), member('a')] }],
    ['members out of order', { members: [member('b'), member('a')] }],
    ['caches as a list', { caches: [] }],
  ])('refuses %s', (_what, change) => {
    const record = JSON.parse(encodeView(firstView(8)));
    expect(() => decodeView(JSON.stringify({ ...record, ...change }))).toThrow(refused);
  });

  it('takes or refuses garbage, and never lets it through', () => {
    const fields = [
      'birth',
      'epoch',
      'members',
      'partitions',
      'owners',
      'backups',
      'terms',
      'caches',
      'format',
    ];
    const number = fc.oneof(fc.integer({ min: -2, max: 10 }), fc.double());
    const json = fc.oneof(
      fc.jsonValue(),
      number,
      fc.array(number),
      fc.array(fc.tuple(fc.array(number), number)),
    );
    let taken = 0;
    fc.assert(
      fc.property(views, fc.constantFrom(...fields), json, (view, field, value) => {
        const record = { ...JSON.parse(encodeView(view)), [field]: value };
        let decoded: View;
        try {
          decoded = decodeView(JSON.stringify(record));
        } catch (error) {
          expect(error).toEqual(refused);
          return;
        }
        taken += 1;
        checkView(decoded);
      }),
      { numRuns: 2000 },
    );
    expect(taken).toBeGreaterThan(0);
  });
});
