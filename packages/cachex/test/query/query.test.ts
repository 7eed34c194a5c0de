import { Codec } from '@cachex/router';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkQuery } from '../../src/query/check-query.ts';
import { looksIntoValues, matcher, type Row, selector } from '../../src/query/match.ts';
import type { Where } from '../../src/query/query.ts';

const row = (fields: Partial<Row>): Row => ({
  key: 'user:1',
  value: undefined,
  modified: 1_000,
  expiration: null,
  ...fields,
});
const matches = (where: unknown, fields: Partial<Row>): boolean =>
  matcher(checkQuery({ where }).where)(row(fields));

describe('where', () => {
  const ada = { name: 'Ada', age: 36, tags: ['a', 'b'], address: { city: 'London' }, born: new Date(5) };

  it.each<[where: unknown, matched: boolean]>([
    [{}, true],
    [{ key: 'user:1' }, true],
    [{ key: 'user:2' }, false],
    [{ key: { startsWith: 'user:' }, 'value.age': { gte: 18, lt: 65 } }, true],
    [{ 'value.age': { gte: 18, lt: 36 } }, false],
    [{ 'value.age': { gt: '35' } }, false],
    [{ 'value.address.city': 'London' }, true],
    [{ 'value.address': { eq: { city: 'London' } } }, true],
    [{ 'value.address': { eq: { city: 'London', zip: undefined } } }, false],
    [{ 'value.tags': ['a', 'b'] }, true],
    [{ 'value.tags': ['a'] }, false],
    [{ 'value.tags.1': 'b' }, true],
    [{ 'value.tags.length': 2 }, true],
    [{ 'value.born': new Date(5) }, true],
    [{ 'value.born': { lt: new Date(6) } }, true],
    [{ 'value.born': { lt: 6 } }, false],
    [{ 'value.name': { in: ['Bob', 'Ada'] } }, true],
    [{ 'value.address': { in: [{ city: 'Paris' }, { city: 'London' }] } }, true],
    [{ 'value.name': { in: [] } }, false],
    [{ 'value.nothing': { exists: false } }, true],
    [{ 'value.nothing': { ne: 5 } }, true],
    [{ 'value.nothing': { lt: 5 } }, false],
    [{ or: [{ key: 'x' }, { 'value.age': 36 }] }, true],
    [{ or: [] }, false],
    [{ and: [] }, true],
    [{ and: [{ key: 'user:1' }, { 'value.age': 37 }] }, false],
    [{ not: { 'value.age': 37 } }, true],
    [{ modified: { gte: new Date(1_000) } }, true],
    [{ modified: { lt: 1_000 } }, false],
    [{ expiration: null }, true],
    [{ expiration: { gt: 0 } }, false],
  ])('%j: %s', (where, matched) => {
    expect(matches(where, { value: ada })).toBe(matched);
  });

  it('sees own properties only, and entries of a Map', () => {
    for (const path of ['constructor', '__proto__', 'toString', 'tags.map', '__proto__.constructor'])
      expect(matches({ [`value.${path}`]: { exists: true } }, { value: ada })).toBe(false);
    expect(matches({ 'value.a.b': 1 }, { value: new Map([['a', { b: 1 }]]) })).toBe(true);
    expect(matches({ 'value.size': { exists: true } }, { value: new Map() })).toBe(false);
    expect(matches({ 'value.length': 3 }, { value: 'abc' })).toBe(false);
  });

  it('compares numbers and bigints', () => {
    expect(matches({ 'value.age': { gt: 35n } }, { value: ada })).toBe(true);
    expect(matches({ 'value.age': 36n }, { value: ada })).toBe(false);
  });

  it('equals by content: NaN, zeros, composite keys', () => {
    expect(matches({ value: Number.NaN }, { value: Number.NaN })).toBe(true);
    expect(matches({ value: 0 }, { value: -0 })).toBe(true);
    expect(matches({ key: ['user', 1] }, { key: ['user', 1] })).toBe(true);
    expect(matches({ 'key.0': 'user' }, { key: ['user', 1] })).toBe(true);
    expect(matches({ value: [1] }, { value: { 0: 1, length: 1 } })).toBe(false);
    expect(matches({ value: { eq: {} } }, { value: new Map() })).toBe(false);
    expect(matches({ value: { eq: undefined } }, { value: undefined })).toBe(true);
  });
});

describe('select', () => {
  const select = (what: unknown, fields: Partial<Row> = {}): unknown =>
    selector(checkQuery({ select: what }))?.(row(fields));

  it('answers one field, or an object of several', () => {
    expect(select('key')).toBe('user:1');
    expect(select('value.a', { value: { a: 1 } })).toBe(1);
    expect(select(['key', 'value.a', 'expiration', 'key'], { value: { a: 1 } })).toEqual({
      key: 'user:1',
      'value.a': 1,
      expiration: null,
    });
    expect(selector(checkQuery({}))).toBeUndefined();
  });
});

describe('a query', () => {
  const deep = (depth: number): unknown => (depth === 0 ? {} : { not: deep(depth - 1) });
  const cyclic: Record<string, unknown> = {};
  cyclic.self = cyclic;

  it.each<[query: unknown, message: string]>([
    ['all', "query must be an object, not 'all'"],
    [{ were: {} }, "unknown option 'were'; did you mean 'where'?"],
    [{ where: [] }, 'where: an array is not an object of conditions'],
    [{ where: { 'valu.age': 1 } }, "where: unknown field 'valu.age'; did you mean 'value'?"],
    [{ where: { nott: {} } }, "where: unknown field 'nott'; did you mean 'not'?"],
    [{ where: { 'value.': 1 } }, "where: 'value.' is not a path, such as 'value.city'"],
    [{ where: { 'modified.a': 1 } }, "where: 'modified.a' leads nowhere; modified is a number"],
    [{ where: { key: undefined } }, 'where.key: undefined; what is not there is { exists: false }'],
    [
      { where: { key: { gtt: 1 } } },
      "where.key: unknown operator 'gtt'; did you mean 'gt'? (to be equal to an object: { eq: … })",
    ],
    [
      { where: { key: {} } },
      'where.key: an object without an operator; for an empty object write { eq: {} }',
    ],
    [{ where: { key: { gt: Number.NaN } } }, 'where.key.gt: NaN is not a number, bigint, string or Date'],
    [{ where: { key: { gt: null } } }, 'where.key.gt: null is not a number, bigint, string or Date'],
    [{ where: { key: { in: 'abc' } } }, "where.key.in: 'abc' is not a list"],
    [{ where: { key: { startsWith: 1 } } }, 'where.key.startsWith: 1 is not a string'],
    [{ where: { key: { exists: 1 } } }, 'where.key.exists: 1 is not true or false'],
    [{ where: { and: {} } }, 'where.and: an object is not a list of conditions'],
    [{ where: { or: [{ kee: 1 }] } }, "where.or[0]: unknown field 'kee'; did you mean 'key'?"],
    [{ where: { value: () => 1 } }, 'where.value: a function is not plain data'],
    [
      { where: { value: [new Map()] } },
      'where.value[0]: an object is not plain data: primitives, dates, arrays and plain objects',
    ],
    [
      { where: JSON.parse('{"__proto__":1}') },
      "where: unknown field '__proto__'; known: key, value, modified, expiration, and, or, not",
    ],
    [{ select: [] }, 'select: 0 fields; select from 1 to 64'],
    [{ select: 'values' }, "select: unknown field 'values'; did you mean 'value'?"],
    [{ select: [5] }, 'select: 5 is not the name of a field'],
    [{ select: ['value.a', 'value'] }, "select: 'value.a' is a part of 'value'; select one of them"],
  ])('%j is refused', (query, message) => {
    expect(() => checkQuery(query)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION', message }));
  });

  it.each([
    ['depth of conditions', { where: deep(40) }, /nested more than 32 deep/],
    ['depth of data', { where: { value: { eq: cyclic } } }, /nested more than 32 deep/],
    ['size', { where: { key: { in: new Array(20_000).fill(1) } } }, /more than 10000 parts in all/],
  ])('is bounded in %s', (_what, query, message) => {
    expect(() => checkQuery(query)).toThrow(message);
  });

  it('is copied: a change to what was given changes nothing', () => {
    const tags = ['a'];
    const born = new Date(1);
    const { where } = checkQuery({ where: { 'value.tags': tags, 'value.born': { gte: born } } });
    tags.push('b');
    born.setTime(9);
    expect(matcher(where)(row({ value: { tags: ['a'], born: new Date(1) } }))).toBe(true);
  });

  it('knows whether it looks into values', () => {
    const looks = (where: unknown): boolean => looksIntoValues(checkQuery({ where }).where);
    expect([looks({}), looks({ key: 'a' }), looks({ value: 1 })]).toEqual([false, false, true]);
    expect(looks({ or: [{ not: { 'value.a': 1 } }] })).toBe(true);
  });
});

/** The same, in as few words as possible. */
function naive(where: Record<string, unknown>, of: Row): boolean {
  return Object.entries(where).every(([name, condition]) => {
    if (name === 'and') return (condition as Record<string, unknown>[]).every((each) => naive(each, of));
    if (name === 'or') return (condition as Record<string, unknown>[]).some((each) => naive(each, of));
    if (name === 'not') return !naive(condition as Record<string, unknown>, of);
    let value: unknown = of;
    for (const part of name.split('.'))
      value =
        typeof value === 'object' && value !== null && Object.hasOwn(value, part)
          ? (value as Record<string, unknown>)[part]
          : undefined;
    const same = (one: unknown, other: unknown): boolean => canonical(one) === canonical(other);
    const plain = Object.prototype.toString.call(condition) === '[object Object]';
    if (!plain) return same(value, condition);
    return Object.entries(condition as Record<string, never>).every(([operator, operand]) => {
      const kind = (each: unknown): string => (typeof each === 'bigint' ? 'number' : typeof each);
      const ordered = kind(value) === kind(operand) && ['number', 'string'].includes(kind(value));
      switch (operator) {
        case 'eq':
          return same(value, operand);
        case 'ne':
          return !same(value, operand);
        case 'gt':
          return ordered && (value as never) > operand;
        case 'gte':
          return ordered && (value as never) >= operand;
        case 'lt':
          return ordered && (value as never) < operand;
        case 'lte':
          return ordered && (value as never) <= operand;
        case 'in':
          return (operand as unknown[]).some((each) => same(value, each));
        case 'startsWith':
          return typeof value === 'string' && value.indexOf(operand) === 0;
        default:
          return operand ? value !== undefined : value === undefined;
      }
    });
  });
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical)}]`;
  if (typeof value === 'object' && value !== null)
    return `{${Object.entries(value)
      .map(([name, each]) => `${name}:${canonical(each)}`)
      .sort()}}`;
  return value === 0 ? 'number 0' : `${typeof value} ${String(value)}`;
}

describe('any query', () => {
  const simple = fc.oneof(
    fc.constantFrom<unknown>(null, true, 'a', 'ab', 'b', '', 0, -0, Number.NaN),
    fc.integer({ min: -2, max: 2 }),
    fc.bigInt({ min: -2n, max: 2n }),
  );
  const names = fc.constantFrom('a', 'b', '0', 'length');
  const value = fc.letrec<{ any: unknown }>((tie) => ({
    any: fc.oneof(
      { maxDepth: 3 },
      simple,
      fc.array(tie('any'), { maxLength: 2 }),
      fc.dictionary(names, tie('any'), { maxKeys: 2, noNullPrototype: true }),
    ),
  })).any;
  const field = fc.oneof(
    fc.constantFrom('key', 'value', 'modified', 'expiration'),
    fc.array(names, { minLength: 1, maxLength: 3 }).map((path) => ['value', ...path].join('.')),
  );
  const order = fc.oneof(fc.integer({ min: -2, max: 2 }), fc.constantFrom('', 'a', 'b'));
  const condition = fc.oneof(
    simple,
    fc.array(value, { maxLength: 2 }),
    fc
      .record(
        {
          eq: value,
          ne: value,
          gt: order,
          gte: order,
          lt: order,
          lte: order,
          in: fc.array(value, { maxLength: 3 }),
          startsWith: fc.constantFrom('', 'a', 'ab'),
          exists: fc.boolean(),
        },
        { requiredKeys: [], noNullPrototype: true },
      )
      .filter((operators) => Object.keys(operators).length > 0),
  );
  const where = fc.letrec<{ where: Record<string, unknown> }>((tie) => ({
    where: fc.oneof(
      { maxDepth: 3 },
      fc.dictionary(field, condition, { maxKeys: 2, noNullPrototype: true }),
      fc.record(
        { and: fc.array(tie('where'), { maxLength: 2 }), key: condition },
        { requiredKeys: [], noNullPrototype: true },
      ),
      fc.record({ or: fc.array(tie('where'), { maxLength: 3 }) }, { noNullPrototype: true }),
      fc.record({ not: tie('where') }, { noNullPrototype: true }),
    ),
  })).where;
  const rows = fc.record<Row>({
    key: simple,
    value,
    modified: fc.integer({ min: -2, max: 2 }),
    expiration: fc.constantFrom(null, 0, 1),
  });

  it('matches what a naive reading of it does, here and when it has travelled', () => {
    const codec = new Codec();
    fc.assert(
      fc.property(where, fc.array(rows, { maxLength: 8 }), (query, list) => {
        const checked = checkQuery({ where: query as Where });
        const [travelled] = codec.decodeList(codec.encodeList([checked])) as [typeof checked];
        for (const each of list) {
          const expected = naive(query, each);
          expect(matcher(checked.where)(each)).toBe(expected);
          expect(matcher(travelled.where)(each)).toBe(expected);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
