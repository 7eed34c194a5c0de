import { hashKey, partitionOf } from '@cachex/router/hash';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Engine } from '../../src/local/engine.ts';
import { none, type Slot } from '../../src/local/store.ts';
import type { ManualClock } from '../manual-clock.ts';
import { anEngine } from './an-engine.ts';

type Step = (engine: Engine, clock: ManualClock) => void;

const key = fc.integer({ min: 0, max: 9 });
const ms = fc.integer({ min: 0, max: 5 });
const tag = fc.constantFrom('a', 'b');

/** Does something with the live entry of a key, if there is one. */
const withLive = (at: number, work: (engine: Engine, slot: Slot) => void): Step => {
  return (engine) => {
    const slot = engine.find(at, hashKey(at));
    if (slot !== none) work(engine, slot);
  };
};

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.tuple(key, ms, ms, fc.subarray(['a', 'b'])).map(([at, ttl, staleFor, tags]): Step => {
    const keeping = tags.length === 0 ? {} : { staleFor, tags };
    return (engine) => void engine.write(at, hashKey(at), at, ttl === 0 ? null : ttl, keeping);
  }),
  key.map(
    (at): Step =>
      (engine) =>
        void engine.discard(at, hashKey(at)),
  ),
  key.map(
    (at): Step =>
      (engine) =>
        void engine.findStale(at, hashKey(at)),
  ),
  key.map((at) => withLive(at, (engine, slot) => void engine.replace(slot, at))),
  key.map((at) => withLive(at, (engine, slot) => engine.touch(slot))),
  key.map((at) => withLive(at, (engine, slot) => engine.evict(slot))),
  fc.tuple(key, ms).map(([at, ttl]) => withLive(at, (engine, slot) => engine.setExpiry(slot, ttl))),
  fc.tuple(key, tag).map(([at, each]): Step => {
    return (engine) => void engine.invalidateTag(partitionOf(hashKey(at), engine.store.partitions), each);
  }),
  key.map((at): Step => {
    return (engine) => void engine.purge(partitionOf(hashKey(at), engine.store.partitions));
  }),
  key.map((at): Step => {
    return (engine) => void engine.clear(partitionOf(hashKey(at), engine.store.partitions));
  }),
  ms.map(
    (by): Step =>
      (_, clock) =>
        clock.advance(by),
  ),
  fc.constant<Step>((_, clock) => clock.turn()),
);

/** Whether each entry is where it is looked for, and is all there is of its key. */
function expectWhole({ store, partitions }: Engine): void {
  const slots = partitions.flatMap((partition) => [...store.walk(partition)]);
  expect(slots.map((slot) => store.find(store.key(slot), store.hash(slot)))).toEqual(slots);
  expect(new Set(slots.map((slot) => store.key(slot))).size).toBe(store.length);
}

describe('an engine whose listeners change it', () => {
  it.each([1, 4])('is whole whatever they do, and whenever (%i partitions)', (partitions) => {
    const steps = fc.array(step, { maxLength: 60, size: 'max' });
    const reactions = fc.array(step, { maxLength: 20, size: 'max' });
    fc.assert(
      fc.property(steps, reactions, (all, left) => {
        const { engine, clock } = anEngine({
          partitions,
          expiration: { interval: 5, lazy: true, jitter: 0 },
        });
        const errors: unknown[] = [];
        const coming = [...left];
        const react = (): void => coming.shift()?.(engine, clock);
        engine.events.on('expired', react);
        engine.events.on('evicted', react);
        engine.events.on('error', (error) => errors.push(error));
        for (const each of all) each(engine, clock);
        expect(errors).toEqual([]);
        expectWhole(engine);
      }),
      { numRuns: 500 },
    );
  });
});
