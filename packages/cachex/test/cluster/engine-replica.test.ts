import { Codec } from '@cachex/router';
import { hashKey, partitionOf } from '@cachex/router/hash';
import { describe, expect, it } from 'vitest';
import { EngineReplica } from '../../src/cluster/engine-replica.ts';
import type { WireForm } from '../../src/cluster/wire-form.ts';
import type { Engine } from '../../src/local/engine.ts';
import { byReference } from '../../src/local/value-form.ts';
import { anEngine, entryAt, entryOf, staleOf } from '../local/an-engine.ts';
import type { ManualClock } from '../manual-clock.ts';

const values: WireForm = {
  ...byReference,
  answer: (held) => held,
  encoded: (held) => held as ReturnType<WireForm['encoded']>,
};
const codec = new Codec();
const key = 'ada';
const hash = hashKey(key);
const partition = partitionOf(hash, 16);

interface Side {
  readonly engine: Engine;
  readonly clock: ManualClock;
  readonly replica: EngineReplica;
}

/** An owner whose changes reach the copy at once, and the node that has the copy, each with a clock of its own. */
function ownerAndCopy(): { owner: Side; copy: Side } {
  const copied = anEngine();
  const copy: Side = { ...copied, replica: new EngineReplica(copied.engine, values, codec, () => true) };
  const owned = anEngine({
    changed: (change) => copy.replica.stage(partition, owner.replica.recordOf(change)!),
  });
  const owner: Side = { ...owned, replica: new EngineReplica(owned.engine, values, codec, () => true) };
  return { owner, copy };
}

function anotherCopy(): Side {
  const copied = anEngine();
  return { ...copied, replica: new EngineReplica(copied.engine, values, codec, () => true) };
}

describe('the copy of an entry', () => {
  it('has its tags and the time for which it is kept', () => {
    const { owner, copy } = ownerAndCopy();
    owner.engine.write(key, hash, 'value', 100, { staleFor: 1_000, tags: ['users'] });
    owner.clock.advance(100);
    copy.clock.advance(100);
    copy.replica.promote(partition);
    expect(entryOf(copy.engine, key)).toBeUndefined();
    expect(staleOf(copy.engine, key)).toMatchObject({ value: 'value', tags: ['users'] });
    expect(copy.engine.invalidateTag(partition, 'users')).toBe(0);
    expect(copy.engine.store.length).toBe(0);
  });

  it('is stale as soon as the owner has told somebody that its time has come', () => {
    const { owner, copy } = ownerAndCopy();
    owner.engine.write(key, hash, 'value', 100, { staleFor: 1_000 });
    owner.clock.advance(100);
    expect(entryOf(owner.engine, key)).toBeUndefined();
    // By the clock of the copy it would have some time left.
    copy.replica.promote(partition);
    expect(entryOf(copy.engine, key)).toBeUndefined();
    expect(staleOf(copy.engine, key)).toMatchObject({ value: 'value' });
  });

  it('is told of that once, and again after another write', () => {
    const told: string[] = [];
    const { engine, clock } = anEngine({ changed: ({ type }) => told.push(type) });
    for (let round = 0; round < 2; round += 1) {
      engine.write(key, hash, 'value', 100, { staleFor: 1_000 });
      clock.advance(100);
      for (let read = 0; read < 3; read += 1) engine.peek(key, hash);
    }
    expect(told).toEqual(['write', 'lapse', 'write', 'lapse']);
  });

  it('is told of that again once it was away, and was written there', () => {
    const told: string[] = [];
    const { engine, clock } = anEngine({ changed: ({ type }) => told.push(type) });
    const replica = new EngineReplica(engine, values, codec, () => true);
    engine.write(key, hash, 'value', 100, { staleFor: 1_000 });
    clock.advance(100);
    engine.peek(key, hash);
    replica.demote(partition);
    replica.stage(partition, ['write', key, hash, codec.encode('there'), 77, 0, 100, 100, 1_000, undefined]);
    replica.promote(partition);
    expect(entryAt(engine, engine.peek(key, hash))).toMatchObject({ version: 77 });
    clock.advance(100);
    expect(entryAt(engine, engine.peek(key, hash))).toBeUndefined();
    expect(told).toEqual(['write', 'lapse', 'lapse']);
  });

  it('is in a snapshot while it is kept, and not after that', () => {
    const { owner } = ownerAndCopy();
    owner.engine.write(key, hash, 'value', 100, { staleFor: 1_000, tags: ['users'] });
    owner.clock.advance(1_099);
    expect([...owner.replica.snapshot(partition, false)]).toEqual([
      ['write', key, hash, 'value', 1, 1_099, -999, 100, 1_000, ['users']],
    ]);
    owner.clock.advance(1);
    expect([...owner.replica.snapshot(partition, false)]).toEqual([]);
    expect([...owner.replica.snapshot(partition, true)]).toEqual([]);
  });

  it('is in pages what it is by itself, and as many entries', () => {
    const { owner } = ownerAndCopy();
    const keys = Array.from({ length: 2_000 }, (_, n) => `key ${n}`);
    for (const each of keys)
      owner.engine.write(each, hashKey(each), codec.encode(`${each} `.repeat(8)), 5_000, { tags: ['users'] });
    owner.clock.advance(100);
    const found = [false, true].map((pages) => {
      const { engine, replica } = anotherCopy();
      let told = 0;
      let records = 0;
      for (let each = 0; each < 16; each += 1) {
        for (const record of owner.replica.snapshot(each, pages)) {
          replica.stage(each, record);
          told += replica.entriesIn(record);
          records += 1;
        }
        replica.promote(each);
      }
      const entries = keys.map((each) => entryAt(engine, engine.peek(each, hashKey(each))));
      return { told, records, entries };
    });
    const [single, paged] = found as [(typeof found)[0], (typeof found)[0]];
    expect(single.told).toBe(keys.length);
    expect(single.records).toBe(keys.length);
    expect(paged.told).toBe(keys.length);
    expect(paged.records).toBeLessThan(keys.length / 50);
    expect(paged.entries).toEqual(single.entries);
    expect(paged.entries[7]).toMatchObject({ key: 'key 7', ttl: 5_000, tags: ['users'] });
  });
});

describe('a load under a lease that moves', () => {
  it('takes with it what is left of the lease, and the tags that were invalidated', () => {
    const { owner, copy } = ownerAndCopy();
    owner.engine.loads.adopt({ key, hash, token: 'caller:1', lease: 10_000 });
    owner.engine.invalidateTag(partition, 'users');
    owner.clock.advance(4_000);
    for (const record of owner.replica.parting(partition)) copy.replica.stage(partition, record);
    copy.replica.promote(partition);
    expect(copy.engine.loads.inFlight(partition)).toEqual([
      { key, hash, token: 'caller:1', lease: 6_000, invalidated: ['users'] },
    ]);
    copy.clock.advance(5_999);
    expect(copy.engine.loads.renew('caller:1', 10_000)).toBe(true);
    copy.clock.advance(9_999);
    expect(copy.engine.loads.running).toBe(1);
    copy.clock.advance(1);
    expect(copy.engine.loads.running).toBe(0);
    expect(copy.engine.loads.renew('caller:1', 10_000)).toBe(false);
  });

  it('leaves no timer behind when it ends', () => {
    const { engine, clock } = anEngine();
    engine.loads.adopt({ key, hash, token: 'caller:1', lease: 10_000 });
    expect(clock.timers).toBe(1);
    engine.loads.settle(engine, 'caller:1', { kind: 'loaded', held: 1, store: true, ttl: null });
    expect(clock.timers).toBe(0);
    engine.loads.adopt({ key, hash, token: 'caller:2', lease: 10_000 });
    engine.close();
    expect(clock.timers).toBe(0);
  });
});

describe('a record that makes no sense', () => {
  it.each<[what: string, record: readonly unknown[]]>([
    ['a warmer whose run is no text', ['warmer', 'warm', 'a-1:6', 5, true, false, 'why']],
    ['a warmer without a run', ['warmer', 'warm', undefined, 5, false, true, undefined]],
    ['a load whose token is no text', ['load', key, hash, 5, undefined, undefined]],
    ['a load of what is no key', ['load', {}, hash, 'a-1:5', undefined, undefined]],
    ['a write of what is no key', ['write', [{}], hash, 'value', 1, 0, null, null, 0, undefined]],
    ['a write whose age is no number', ['write', key, hash, 'value', 1, 'old', null, null, 0, undefined]],
    ['a write with a tag that is no text', ['write', key, hash, 'value', 1, 0, null, null, 0, [5]]],
    ['a page without bytes', ['page', 1, undefined]],
    ['a lock without keys', ['lock', 'a-1:1', 'a-1:2', 5, undefined, undefined, undefined]],
    ['a decision of nobody', ['decision', undefined, hash, 5, []]],
    ['a removal of nothing', ['remove']],
  ])('is refused before it is staged: %s', (_what, record) => {
    const { replica } = anotherCopy();
    expect(() => replica.stage(partition, record)).toThrow(RangeError);
    expect(() => replica.promote(partition)).not.toThrow();
  });
});
