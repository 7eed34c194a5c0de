import type { Key } from '@cachex/router/hash';

/** Names a bad input in an error message: short, and safe for any value at all. */
export function describe(input: unknown): string {
  switch (typeof input) {
    case 'string':
      return `'${input.length > 40 ? `${input.slice(0, 40)}…` : input}'`;
    case 'bigint':
      return `${input}n`;
    case 'object':
      if (input === null) return 'null';
      return Array.isArray(input) ? 'an array' : 'an object';
    case 'function':
      return 'a function';
    default:
      return String(input);
  }
}

/** Names a key in a message: short, lists by their content. */
export function describeKey(key: Key): string {
  const text =
    typeof key === 'object' && key !== null ? `[${key.map(describeKey).join(', ')}]` : describe(key);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

/** A hint for a name that is not known: the nearest known one, or all of them. */
export function suggestion(name: string, known: readonly string[]): string {
  const nearest = known
    .map((candidate) => ({ candidate, distance: editDistance(name.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance)[0];
  return nearest !== undefined && nearest.distance <= Math.max(2, name.length / 3)
    ? `did you mean '${nearest.candidate}'?`
    : `known: ${known.length === 0 ? 'none' : known.join(', ')}`;
}

/** Levenshtein's distance, row by row. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const substitution = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, substitution));
    }
    row = next;
  }
  return row[b.length]!;
}
