import { describe, suggestion } from '../describe.ts';
import { CacheError } from '../errors.ts';
import { checkOptions, type Parameter } from '../parameters.ts';
import type { CheckedQuery, CheckedWhere, Field, Operators } from './query.ts';

/** How deep conditions, and what they compare with, may be nested. */
const deepest = 32;

/** How many conditions, and parts of what they compare with, there may be in all. */
const mostParts = 10_000;

/** How long the path of a field may be. */
const longestPath = 1_024;

/** How many fields may be selected. */
const mostSelected = 64;

const roots = ['key', 'value', 'modified', 'expiration'] as const;
const joints = ['and', 'or', 'not'] as const;

/** What is left of what a query may have. */
interface Budget {
  parts: number;
}

/** The argument of actions about the entries that a query describes; it may be left out. */
export const queryParameter: Parameter<CheckedQuery | undefined> = {
  kind: 'plain',
  check: (input) => (input === undefined ? undefined : checkQuery(input)),
};

/** Checks a query and copies it; what is wrong with it is `INVALID_OPTION`, naming the place. */
export function checkQuery(input: unknown): CheckedQuery {
  const budget: Budget = { parts: mostParts };
  return checkOptions('query', input, {
    where: (option, where) => checkWhere(option, where, budget, 1),
    select: checkSelect,
  });
}

function checkWhere(at: string, input: unknown, budget: Budget, depth: number): CheckedWhere {
  spend(at, budget, depth);
  if (!isPlain(input)) refuse(at, input, 'an object of conditions');
  const fields: [Field, Operators][] = [];
  const joined: { and?: CheckedWhere[]; or?: CheckedWhere[]; not?: CheckedWhere } = {};
  for (const [name, condition] of Object.entries(input)) {
    const place = `${at}.${name}`;
    if (name === 'and' || name === 'or') {
      if (!Array.isArray(condition)) refuse(place, condition, 'a list of conditions');
      joined[name] = condition.map((each, n) => checkWhere(`${place}[${n}]`, each, budget, depth + 1));
    } else if (name === 'not') {
      joined.not = checkWhere(place, condition, budget, depth + 1);
    } else {
      const field = checkField(at, name, [...roots, ...joints]);
      fields.push([field, checkCondition(place, field, condition, budget, depth + 1)]);
    }
  }
  return { fields, ...joined };
}

/** `name` as a field; if it is none, the nearest of `known` is named. */
function checkField(at: string, name: unknown, known: readonly string[] = roots): Field {
  if (typeof name !== 'string') refuse(at, name, 'the name of a field');
  const [root, ...path] = name.split('.');
  const leads = path.length > 0;
  if (!roots.includes(root as (typeof roots)[number])) {
    const hint = suggestion(root!, known);
    throw new CacheError('INVALID_OPTION', `${at}: unknown field ${describe(name)}; ${hint}`);
  }
  if (leads && (root === 'modified' || root === 'expiration'))
    throw new CacheError('INVALID_OPTION', `${at}: ${describe(name)} leads nowhere; ${root} is a number`);
  if (path.includes('') || name.length > longestPath)
    throw new CacheError('INVALID_OPTION', `${at}: ${describe(name)} is not a path, such as 'value.city'`);
  return name as Field;
}

function checkCondition(at: string, field: Field, input: unknown, budget: Budget, depth: number): Operators {
  spend(at, budget, depth);
  const operand: Operand = {
    plain: (place, value) => plainCopy(place, instant(field, value), budget, depth + 1),
    ordered: (place, value) => ordered(place, instant(field, value)),
  };
  if (input === undefined)
    throw new CacheError('INVALID_OPTION', `${at}: undefined; what is not there is { exists: false }`);
  if (!isPlain(input)) return { eq: operand.plain(at, input) };
  const checked: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(input)) {
    if (!Object.hasOwn(operators, name)) {
      const hint = `${suggestion(name, Object.keys(operators))} (to be equal to an object: { eq: … })`;
      throw new CacheError('INVALID_OPTION', `${at}: unknown operator ${describe(name)}; ${hint}`);
    }
    checked[name] = operators[name as keyof Operators](`${at}.${name}`, value, operand);
  }
  if (Object.keys(checked).length === 0)
    throw new CacheError(
      'INVALID_OPTION',
      `${at}: an object without an operator; for an empty object write { eq: {} }`,
    );
  return checked;
}

interface Operand {
  plain(at: string, value: unknown): unknown;
  ordered(at: string, value: unknown): unknown;
}

type OperatorCheck = (at: string, value: unknown, operand: Operand) => unknown;

const anyPlain: OperatorCheck = (at, value, { plain }) => plain(at, value);
const anyOrdered: OperatorCheck = (at, value, operand) => operand.ordered(at, value);

const operators: Readonly<Record<keyof Operators, OperatorCheck>> = {
  eq: anyPlain,
  ne: anyPlain,
  gt: anyOrdered,
  gte: anyOrdered,
  lt: anyOrdered,
  lte: anyOrdered,
  in(at, value, { plain }) {
    if (!Array.isArray(value)) refuse(at, value, 'a list');
    return value.map((each, n) => plain(`${at}[${n}]`, each));
  },
  startsWith(at, value) {
    if (typeof value !== 'string') refuse(at, value, 'a string');
    return value;
  },
  exists(at, value) {
    if (typeof value !== 'boolean') refuse(at, value, 'true or false');
    return value;
  },
};

/** Instants are compared as milliseconds. */
function instant(field: Field, value: unknown): unknown {
  return value instanceof Date && (field === 'modified' || field === 'expiration') ? value.getTime() : value;
}

function ordered(at: string, value: unknown): unknown {
  const comparable =
    typeof value === 'string' ||
    typeof value === 'bigint' ||
    (typeof value === 'number' && !Number.isNaN(value)) ||
    (value instanceof Date && !Number.isNaN(value.getTime()));
  if (!comparable) refuse(at, value, 'a number, bigint, string or Date');
  return value instanceof Date ? new Date(value) : value;
}

/** A copy of plain data, as deep and as large as a query may be. */
function plainCopy(at: string, value: unknown, budget: Budget, depth: number): unknown {
  spend(at, budget, depth);
  if (typeof value === 'function' || typeof value === 'symbol') refuse(at, value, 'plain data');
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Date) return new Date(value);
  if (Array.isArray(value))
    return Array.from(value, (each, n) => plainCopy(`${at}[${n}]`, each, budget, depth + 1));
  if (!isPlain(value)) refuse(at, value, 'plain data: primitives, dates, arrays and plain objects');
  const copy: Record<string, unknown> = {};
  for (const [name, each] of Object.entries(value)) {
    if (name === '__proto__') refuse(`${at}.${name}`, each, 'a property that can be compared');
    copy[name] = plainCopy(`${at}.${name}`, each, budget, depth + 1);
  }
  return copy;
}

function checkSelect(at: string, input: unknown): Field | readonly Field[] {
  if (!Array.isArray(input)) return checkField(at, input);
  if (input.length === 0 || input.length > mostSelected)
    throw new CacheError('INVALID_OPTION', `${at}: ${input.length} fields; select from 1 to ${mostSelected}`);
  const fields = [...new Set(input.map((each) => checkField(at, each)))];
  for (const field of fields) {
    // It would be sent twice.
    const around = fields.find((other) => field.startsWith(`${other}.`));
    if (around !== undefined)
      throw new CacheError(
        'INVALID_OPTION',
        `${at}: '${field}' is a part of '${around}'; select one of them`,
      );
  }
  return fields;
}

function spend(at: string, budget: Budget, depth: number): void {
  budget.parts -= 1;
  if (depth <= deepest && budget.parts >= 0) return;
  const what = depth > deepest ? `nested more than ${deepest} deep` : `more than ${mostParts} parts in all`;
  throw new CacheError('INVALID_OPTION', `${at.length > 200 ? `${at.slice(0, 200)}…` : at}: ${what}`);
}

function isPlain(input: unknown): input is Readonly<Record<string, unknown>> {
  if (typeof input !== 'object' || input === null) return false;
  const prototype: unknown = Object.getPrototypeOf(input);
  return prototype === Object.prototype || prototype === null;
}

function refuse(at: string, input: unknown, wanted: string): never {
  throw new CacheError('INVALID_OPTION', `${at}: ${describe(input)} is not ${wanted}`);
}
