import { isDeepStrictEqual } from 'node:util';
import type { CheckedQuery, CheckedWhere, Field, Operators } from './query.ts';

/** One entry as a query sees it. Whoever hands it in may open the value only when it is asked for. */
export interface Row {
  readonly key: unknown;
  readonly value: unknown;
  readonly modified: number;
  readonly expiration: number | null;
}

type Test<T> = (tested: T) => boolean;

/** Whether a query must open values to know which entries it is about. */
export function looksIntoValues(where: CheckedWhere | undefined): boolean {
  if (where === undefined) return false;
  const { fields, and = [], or = [], not } = where;
  const parts = [...and, ...or, ...(not === undefined ? [] : [not])];
  return fields.some(([field]) => field.startsWith('value')) || parts.some(looksIntoValues);
}

/** What tells the entries that a query is about. */
export function matcher(where: CheckedWhere | undefined): Test<Row> {
  return where === undefined ? () => true : compile(where);
}

/** What makes of an entry what the query answers with; `undefined` if that is the entry itself. */
export function selector({ select }: CheckedQuery = {}): ((row: Row) => unknown) | undefined {
  if (select === undefined) return undefined;
  if (typeof select === 'string') return reader(select);
  const readers = select.map((field) => [field, reader(field)] as const);
  return (row) => Object.fromEntries(readers.map(([field, read]) => [field, read(row)]));
}

function compile({ fields, and = [], or, not }: CheckedWhere): Test<Row> {
  const tests = [...fields.map(([field, operators]) => fieldTest(field, operators)), ...and.map(compile)];
  if (or !== undefined) {
    const some = or.map(compile);
    tests.push((row) => some.some((test) => test(row)));
  }
  if (not !== undefined) {
    const negated = compile(not);
    tests.push((row) => !negated(row));
  }
  return (row) => tests.every((test) => test(row));
}

function fieldTest(field: Field, operators: Operators): Test<Row> {
  const read = reader(field);
  const tests = Object.entries(operators).map(([name, operand]) =>
    makers[name as keyof Operators](operand as never),
  );
  return (row) => {
    const value = read(row);
    return tests.every((test) => test(value));
  };
}

const makers: { readonly [N in keyof Operators]-?: (operand: never) => Test<unknown> } = {
  eq: (operand: unknown) => (value) => equal(value, operand),
  ne: (operand: unknown) => (value) => !equal(value, operand),
  gt: (operand: unknown) => (value) => comparable(value, operand) && (value as number) > (operand as number),
  gte: (operand: unknown) => (value) =>
    comparable(value, operand) && (value as number) >= (operand as number),
  lt: (operand: unknown) => (value) => comparable(value, operand) && (value as number) < (operand as number),
  lte: (operand: unknown) => (value) =>
    comparable(value, operand) && (value as number) <= (operand as number),
  in(operands: readonly unknown[]) {
    const simple = new Set(operands.filter((operand) => !isObject(operand)));
    const others = operands.filter(isObject);
    return (value) => simple.has(value) || others.some((operand) => equal(value, operand));
  },
  startsWith: (operand: string) => (value) => typeof value === 'string' && value.startsWith(operand),
  exists: (operand: boolean) => (value) => (value !== undefined) === operand,
};

function reader(field: Field): (row: Row) => unknown {
  const [root, ...path] = field.split('.') as [keyof Row, ...string[]];
  if (path.length === 0) return (row) => row[root];
  return (row) => path.reduce(step, row[root]);
}

/** One step into a value: what is inherited is not there. */
function step(value: unknown, name: string): unknown {
  if (!isObject(value)) return undefined;
  if (value instanceof Map) return value.get(name);
  return Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function comparable(one: unknown, other: unknown): boolean {
  return kindOf(one) !== undefined && kindOf(one) === kindOf(other);
}

function kindOf(value: unknown): string | undefined {
  if (typeof value === 'number' || typeof value === 'bigint') return 'number';
  if (typeof value === 'string') return 'string';
  return value instanceof Date ? 'date' : undefined;
}

/** By content. `operand` is plain data and as deep as a query may be, which bounds this. */
function equal(value: unknown, operand: unknown): boolean {
  if (value === operand || (Number.isNaN(value) && Number.isNaN(operand))) return true;
  if (!isObject(value) || !isObject(operand)) return false;
  if (Array.isArray(operand)) {
    if (!Array.isArray(value) || value.length !== operand.length) return false;
    return operand.every((each, n) => equal(value[n], each));
  }
  if (operand instanceof Date) return isDeepStrictEqual(value, operand);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return false;
  const names = Object.keys(operand);
  if (Object.keys(value).length !== names.length) return false;
  return names.every((name) => Object.hasOwn(value, name) && equal(step(value, name), step(operand, name)));
}
