import { naturalOrder } from './natural.ts';

/**
 * Which deploy a node belongs to. Builds are ordered: numbers by size, texts as people would order them (`'1.10.0'` after
 * `'1.9.2'`, `'2025-03-01'` after `'2025-02-28'`), a number among texts like its digits. A text that goes on where another
 * ends comes after it, so `'1.2.0-rc.1'` is newer than `'1.2.0'`.
 */
export type Build = string | number;

/** Negative if the first build is older. No build at all is the oldest. */
export function buildOrder(one: Build | undefined, other: Build | undefined): number {
  if (one === undefined || other === undefined)
    return Number(one !== undefined) - Number(other !== undefined);
  return naturalOrder(String(one), String(other));
}

/** Whether a value can be a build: what is written otherwise than in digits would not be ordered by size. */
export function isBuild(value: unknown): value is Build {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value >= 0;
  return typeof value === 'string' && value !== '' && value.length <= longestBuild;
}

export const longestBuild = 64;

/** Those of the newest build. */
export function newest<T extends { readonly build?: Build }>(members: readonly T[]): readonly T[] {
  const latest = members
    .map(({ build }) => build)
    .reduce((a, b) => (buildOrder(a, b) < 0 ? b : a), undefined);
  return members.filter(({ build }) => buildOrder(build, latest) === 0);
}
