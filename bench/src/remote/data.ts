import { isDeepStrictEqual } from 'node:util';
import { freshKey } from '../keys.ts';
import { seededRandom, shuffled } from '../random.ts';
import { manyKeys } from './load.ts';

/** What is stored: about a hundred bytes as JSON. */
export interface User {
  readonly id: number;
  readonly name: string;
  readonly email: string;
  readonly age: number;
  readonly active: boolean;
  readonly score: number;
  /** What makes it larger. */
  readonly visits?: readonly Visit[];
}

interface Visit {
  readonly page: string;
  readonly seconds: number;
  readonly referrer: string | null;
  readonly clicks: readonly number[];
}

const bytesOfVisit = 80;
const bytesOfUser = 100;

/** The value of an id: of that many bytes as JSON, give or take a few. */
export function userOf(id: number, bytes: number): User {
  const user = {
    id,
    name: 'Ada Lovelace',
    email: `ada.${id}@example.com`,
    age: 20 + (id % 60),
    active: id % 3 !== 0,
    score: (id % 1_000) / 8,
  };
  const visits = Math.floor((bytes - bytesOfUser) / bytesOfVisit);
  return visits <= 0 ? user : { ...user, visits: Array.from({ length: visits }, (_, n) => visitOf(id + n)) };
}

function visitOf(n: number): Visit {
  return {
    page: `/articles/${n % 10_000}`,
    seconds: n % 600,
    referrer: n % 4 === 0 ? null : 'example.org',
    clicks: [n % 7, n % 11],
  };
}

/** The entries that a run works on: their keys in an order of no meaning, walked again and again. */
export class Data {
  readonly keys: readonly string[];
  readonly values: readonly User[];
  readonly #many: readonly (readonly string[])[];

  constructor(entries: number, bytes: number) {
    const ids = [...shuffled(entries, seededRandom(8))];
    // Values of another size are other entries.
    this.keys = ids.map((id) => freshKey(id * 4_096 + bytes));
    this.values = ids.map((id) => userOf(id, bytes));
    this.#many = Array.from({ length: Math.floor(entries / manyKeys) }, (_, n) =>
      this.keys.slice(n * manyKeys, (n + 1) * manyKeys),
    );
  }

  get size(): number {
    return this.keys.length;
  }

  /** The keys of the nth `getMany`; the first one of them is at `n * manyKeys`. */
  many(n: number): readonly string[] {
    return this.#many[n % this.#many.length]!;
  }

  /** Whether that is the value at an index. */
  isValue(index: number, answer: unknown): boolean {
    return isDeepStrictEqual(answer, this.values[index]);
  }
}
