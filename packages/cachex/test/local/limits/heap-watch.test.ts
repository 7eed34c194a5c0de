import { hashKey } from '@cachex/router/hash';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Engine, EngineSettings } from '../../../src/local/engine.ts';
import { limitOption } from '../../../src/local/limit-options.ts';
import { type HeapGauge, processHeap } from '../../../src/local/limits/heap.ts';
import type { ManualClock } from '../../manual-clock.ts';
import { anEngine } from '../an-engine.ts';

/** A heap that is as full as it is told to be. */
class Gauge implements HeapGauge {
  full = 0.1;
  looks = 0;
  readonly watching = new Set<() => void>();

  share(): number {
    this.looks += 1;
    return this.full;
  }

  watch(told: () => void): () => void {
    this.watching.add(told);
    return () => this.watching.delete(told);
  }

  /** A collection of the whole heap has come to its end, and left this share. */
  collected(share: number): void {
    this.full = share;
    for (const told of this.watching) told();
  }
}

let gauge: Gauge;
let engine: Engine;
let clock: ManualClock;

function open(limit: object, settings: Partial<EngineSettings> = {}): void {
  gauge = new Gauge();
  ({ engine, clock } = anEngine({
    heap: gauge,
    stats: true,
    limit: limitOption('limit', limit) as never,
    ...settings,
  }));
}

function put(from: number, to: number, value: unknown = 'value'): void {
  for (let n = from; n < to; n += 1) engine.write(n, hashKey(n), value);
}

beforeEach(() => open({ heap: 0.5 }));

describe('a heap that is filled beyond its share', () => {
  it('shrinks the cache by as much as that is too much, exactly', () => {
    put(0, 1_000);
    gauge.collected(0.8);
    clock.turn();
    expect(engine.store.length).toBe(625);
    expect(engine.statistics!.read().evictions).toBe(375);
  });

  it('does so in slices', () => {
    put(0, 1_000);
    clock.costOfRead = 1;
    gauge.collected(0.8);
    expect(engine.store.length).toBe(1_000);
    clock.turn();
    expect(engine.store.length).toBe(1_000 - 32);
    let slices = 1;
    for (; clock.deferred > 0; slices += 1) clock.turn();
    expect(engine.store.length).toBe(625);
    expect(slices).toBe(Math.ceil(376 / 32));
  });

  it('leaves no room for more: each new one takes the place of another', () => {
    put(0, 1_000);
    gauge.collected(0.8);
    clock.turn();
    put(1_000, 1_100);
    expect(engine.store.length).toBe(625);
  });

  it('shrinks it further with each collection, but never to nothing', () => {
    put(0, 1_000);
    for (const left of [625, 390, 243]) {
      gauge.collected(0.8);
      clock.turn();
      expect(engine.store.length).toBe(left);
    }
    for (let n = 0; n < 30; n += 1) {
      gauge.collected(0.99);
      clock.turn();
    }
    expect(engine.store.length).toBe(1);
    put(0, 5);
    expect(engine.store.length).toBe(1);
  });

  it('lets it grow again once a tenth below, and not before', () => {
    put(0, 1_000);
    gauge.collected(0.8);
    clock.turn();
    gauge.collected(0.46);
    put(1_000, 1_100);
    expect(engine.store.length).toBe(625);
    gauge.collected(0.44);
    put(2_000, 3_000);
    expect(engine.store.length).toBe(1_625);
  });

  it('does nothing to a cache that is empty', () => {
    gauge.collected(0.9);
    clock.turn();
    expect(engine.store.length).toBe(0);
  });
});

describe('between collections', () => {
  it('the heap is looked at from time to time, and a cache above the share does not grow', () => {
    gauge.full = 0.6;
    put(0, 1_023);
    expect(gauge.looks).toBe(0);
    put(1_023, 5_000);
    expect(engine.store.length).toBe(1_024);
    expect(gauge.looks).toBe(4);
  });

  it('entries that are overwritten are no reason to look', () => {
    for (let n = 0; n < 10; n += 1) put(0, 1_000);
    expect(gauge.looks).toBe(0);
  });
});

describe('with another limit beside it', () => {
  it('size is never exceeded, whatever the relief', () => {
    open({ heap: 0.5, size: 100 });
    put(0, 200);
    gauge.collected(0.8);
    clock.turn();
    expect(engine.store.length).toBe(62);
    gauge.collected(0.1);
    put(200, 400);
    expect(engine.store.length).toBe(100);
  });

  it('size and bytes hold for every call while it is being shrunk', () => {
    open({ heap: 0.5, size: 1_000, bytes: 1_000, sizeOf: (value: number) => value });
    put(0, 1_000, 1);
    clock.costOfRead = 1;
    gauge.collected(0.8);
    engine.write('large', hashKey('large'), 500);
    expect(engine.limits!.bytes).toBeLessThanOrEqual(1_000);
    engine.replace(engine.find('large', hashKey('large')), 900);
    expect(engine.limits!.bytes).toBeLessThanOrEqual(1_000);
    put(2_000, 2_100, 9);
    expect(engine.limits!.bytes).toBeLessThanOrEqual(1_000);
    while (clock.deferred > 0) clock.turn();
    expect(engine.store.length).toBeLessThanOrEqual(625);
  });
});

describe('a cache that is closed', () => {
  it('does not watch any more, nor go on shrinking', () => {
    put(0, 1_000);
    clock.costOfRead = 1;
    gauge.collected(0.8);
    clock.turn();
    expect(gauge.watching.size).toBe(1);
    engine.close();
    expect(gauge.watching.size).toBe(0);
    clock.turn();
    expect(clock.deferred).toBe(0);
    expect(engine.statistics!.read().evictions).toBe(32);
  });

  it('has watched nothing without limit.heap', () => {
    open({ size: 5 });
    expect(gauge.watching.size).toBe(0);
  });

  it('is not watched for drafts and copies of it', () => {
    engine.apart(() => {});
    engine.reading(engine.store);
    expect(gauge.watching.size).toBe(1);
  });
});

describe('the heap of this process', () => {
  it('is used in part, and can be watched and left alone', () => {
    expect(processHeap.share()).toBeGreaterThan(0);
    expect(processHeap.share()).toBeLessThan(1);
    processHeap.watch(() => {})();
  });
});
