import { hashKey } from '@cachex/router/hash';
import type { PolicyName } from 'cachex';
import type { Trace } from './traces.ts';

/** What of a policy a drive needs. */
export interface Driven {
  added(slot: number): void;
  used(slot: number): void;
  evict(): number;
}

/** Makes a policy for a drive, where `idOf[slot]` is the number of the key that is there. */
export type Drivable = (idOf: Uint32Array, capacity: number, universe: number) => Driven;

interface Resident {
  readonly marks: Marks;
  hashOf(slot: number): number;
  weightOf(slot: number): number;
}

/** A number for each slot. */
interface Marks {
  set(slot: number, value: number): void;
  grow(slots: number): void;
}

type Growing = Driven & { grow(slots: number): void };

// They are no part of what the package exports: a cache chooses a policy by its name. Compiled, this lies in
// bench/dist/src/hitratio.
const local = new URL('../../../../packages/cachex/dist/local/', import.meta.url);
const { policies }: { policies: Readonly<Record<PolicyName, (resident: Resident) => Growing>> } =
  await import(new URL('limits/policies.js', local).href);
const {
  Column,
  int32,
}: { Column: new (create: (length: number) => Int32Array) => Marks; int32: (length: number) => Int32Array } =
  await import(new URL('columns.js', local).href);

/** A policy of cachex, to be driven by {@link drive}: what compares designs needs no cache around them. */
export function ofCachex(name: PolicyName): Drivable {
  return (idOf, capacity) => {
    const marks = new Column(int32);
    marks.grow(capacity);
    const policy = policies[name]({ marks, hashOf: (slot) => hashKey(idOf[slot]!) | 0, weightOf: () => 1 });
    policy.grow(capacity);
    return {
      added(slot) {
        marks.set(slot, 0);
        policy.added(slot);
      },
      used: (slot) => policy.used(slot),
      evict: () => policy.evict(),
    };
  };
}

/** What a policy would reach in a cache of `capacity` entries: the share of hits. */
export function drive(create: Drivable, { accesses, universe }: Trace, capacity: number): number {
  const slotOf = new Int32Array(universe).fill(-1);
  const idOf = new Uint32Array(capacity);
  const policy = create(idOf, capacity, universe);
  let entries = 0;
  let hits = 0;
  for (const id of accesses) {
    let slot = slotOf[id]!;
    if (slot >= 0) {
      hits += 1;
      policy.used(slot);
      continue;
    }
    if (entries < capacity) {
      slot = entries;
      entries += 1;
    } else {
      slot = policy.evict();
      slotOf[idOf[slot]!] = -1;
    }
    slotOf[id] = slot;
    idOf[slot] = id;
    policy.added(slot);
  }
  return hits / accesses.length;
}
