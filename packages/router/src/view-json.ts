import { isBuild } from './build.ts';
import { RouterError } from './errors.ts';
import type { Electorate, Member, View } from './view.ts';

/**
 * The stored and transmitted form of a view: JSON in which owners and backups are indexes into the members (-1: nobody)
 * and every per-partition list is run-length encoded as `[value, count, value, count, …]`.
 */
interface ViewRecord {
  format: 2;
  birth: string;
  epoch: number;
  members: Member[];
  partitions: number;
  owners: number[];
  backups: [number[], number][];
  terms: number[];
  origins: number[];
  /** Nodes of earlier versions do not know it, and leave it out. */
  router?: string;
  redundancy: number;
  failureAfter: number;
  fenced: number[];
  electorate: Electorate;
  former: Electorate;
  caches: Record<string, unknown>;
}

/** Views never change, and several want the text of one: the store, every peer that is told, whoever compares two. */
const texts = new WeakMap<View, string>();

/** Serialises a view; equal views give equal texts. */
export function encodeView(view: View): string {
  const known = texts.get(view);
  if (known !== undefined) return known;
  const text = JSON.stringify(recordOf(view));
  texts.set(view, text);
  return text;
}

function recordOf(view: View): ViewRecord {
  const index = new Map(view.members.map((member, position) => [member.id, position]));
  const position = (id: string | null): number => (id === null ? -1 : (index.get(id) ?? -1));
  const backups: [number[], number][] = [];
  for (const ids of view.backups) {
    const holders = ids.map(position);
    const last = backups.at(-1);
    if (last !== undefined && last[0].join() === holders.join()) last[1] += 1;
    else backups.push([holders, 1]);
  }
  return {
    format: 2,
    birth: view.birth,
    epoch: view.epoch,
    members: [...view.members],
    partitions: view.owners.length,
    owners: runs(view.owners.map(position)),
    backups,
    terms: runs(view.terms),
    origins: runs(view.origins),
    ...named(view),
    redundancy: view.redundancy,
    failureAfter: view.failureAfter,
    fenced: [...view.fenced],
    electorate: view.electorate,
    former: view.former,
    caches: view.caches,
  };
}

/** Reads what {@link encodeView} wrote; anything else is `PROTOCOL`. */
export function decodeView(text: unknown): View {
  try {
    // To make a text of anything else could take for ever.
    if (typeof text !== 'string') throw new Error('no text');
    const record = JSON.parse(text) as ViewRecord;
    if (record.format !== 2) throw new Error(`unknown format ${String(record.format)}`);
    const {
      birth,
      epoch,
      members,
      partitions,
      caches,
      redundancy,
      failureAfter,
      fenced,
      electorate,
      former,
      router,
    } = record;
    if (typeof birth !== 'string' || !Number.isSafeInteger(epoch) || epoch < 1)
      throw new Error('bad birth or epoch');
    if (!isPowerOfTwo(partitions) || partitions > largestPartitions) {
      throw new Error('bad number of partitions');
    }
    for (const member of members) checkMember(member);
    if (router !== undefined && typeof router !== 'string') throw new Error('bad router');
    if (!isRedundancy(redundancy)) throw new Error('bad redundancy');
    if (!(failureAfter > 0)) throw new Error('bad time to failure');
    if (!Array.isArray(fenced) || !fenced.every(Number.isSafeInteger)) throw new Error('bad fenced terms');
    for (const voting of [electorate, former]) checkElectorate(voting);
    if (members.some(({ id }, position) => position > 0 && !(members[position - 1]!.id < id))) {
      throw new Error('members out of order');
    }
    const id = (position: number): string | null => {
      if (position === -1) return null;
      const member = Number.isInteger(position) ? members[position] : undefined;
      if (member === undefined) throw new Error('no such member');
      return member.id;
    };
    const backups: (readonly string[])[] = [];
    for (const [holders, count] of record.backups) {
      const ids = Object.freeze(holders.map(id).filter((holder) => holder !== null));
      if (!Number.isInteger(count) || count < 1 || backups.length + count > partitions) {
        throw new Error('bad backups');
      }
      for (let n = 0; n < count; n += 1) backups.push(ids);
    }
    if (backups.length !== partitions) throw new Error('too few backups');
    if (typeof caches !== 'object' || caches === null || Array.isArray(caches)) throw new Error('bad caches');
    return {
      birth,
      epoch,
      members,
      owners: unrun(record.owners, partitions).map(id),
      backups,
      terms: unrun(record.terms, partitions),
      origins: unrun(record.origins, partitions),
      ...named(record),
      redundancy,
      failureAfter,
      fenced,
      electorate,
      former,
      caches,
    };
  } catch (cause) {
    throw new RouterError('PROTOCOL', `not a view: ${(cause as Error).message}`, { cause });
  }
}

/** The most partitions a cluster can have. */
export const largestPartitions = 65_536;

/** Whether a number can be a number of partitions. */
export function isPowerOfTwo(value: number): boolean {
  return Number.isInteger(value) && value > 0 && (value & (value - 1)) === 0;
}

/** Throws unless `member` has everything a member has: another node may have made it up. */
export function checkMember(member: Member): void {
  const { id, incarnation, address, weight, opened, build } = member;
  const texts = [id, incarnation, address, ...opened];
  const texted = Array.isArray(opened) && texts.every((text) => typeof text === 'string');
  const built = build === undefined || isBuild(build);
  if (!texted || !Number.isFinite(weight) || weight < 0 || !built) throw new Error('bad member');
}

/** The router of a view, where it has one. */
function named({ router }: { readonly router?: string }): { router?: string } {
  return router === undefined ? {} : { router };
}

/** The most in-sync copies a partition can have beside its owner's. */
export const largestRedundancy = 2;

/** Whether a number can be a number of backups. */
export function isRedundancy(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= largestRedundancy;
}

function checkElectorate({ epoch, voters, gone }: Electorate): void {
  const counted = Number.isSafeInteger(epoch) && Number.isSafeInteger(gone) && gone >= 0;
  const named = Array.isArray(voters) && voters.every((voter) => typeof voter === 'string');
  if (!counted || !named) throw new Error('bad electorate');
}

function runs(values: readonly number[]): number[] {
  const list: number[] = [];
  for (const value of values) {
    if (list.length > 0 && list[list.length - 2] === value) list[list.length - 1]! += 1;
    else list.push(value, 1);
  }
  return list;
}

function unrun(list: readonly number[], expected: number): number[] {
  const values: number[] = [];
  for (let at = 0; at < list.length; at += 2) {
    const count = list[at + 1]!;
    if (!Number.isInteger(list[at]) || !(count >= 1) || values.length + count > expected)
      throw new Error('bad run');
    for (let n = 0; n < count; n += 1) values.push(list[at]!);
  }
  if (values.length !== expected) throw new Error('runs do not cover every partition');
  return values;
}
