import { hashKey, type Key } from '@cachex/router/hash';
import { describe, expect, it } from 'vitest';
import { anEngine, entryOf } from './an-engine.ts';

const write = (engine: ReturnType<typeof anEngine>['engine'], key: Key, ttl: number | null) =>
  engine.write(key, hashKey(key), 'value', ttl);

describe('the sweep', () => {
  it('removes and reports what has expired, and nothing else', () => {
    const { engine, clock } = anEngine({ stats: true });
    const expired: Key[] = [];
    engine.events.on('expired', (key) => expired.push(key));
    for (let index = 0; index < 100; index += 1) write(engine, `short ${index}`, 10);
    write(engine, 'long', 60_000);
    write(engine, 'for ever', null);
    clock.advance(3_000);
    expect(expired).toHaveLength(100);
    expect(engine.store.length).toBe(2);
    expect(engine.statistics?.read().expirations).toBe(100);
    expect(engine.expiry.lastRun).toEqual({ started: 1_700_000_004_000, duration: 0, removed: 100 });
  });

  it('has a timer only while something can expire', () => {
    const { engine, clock } = anEngine();
    expect(clock.timers).toBe(0);
    write(engine, 'for ever', null);
    expect(clock.timers).toBe(0);
    write(engine, 'ada', 5_000);
    write(engine, 'bob', 5_000);
    expect(clock.timers).toBe(1);
    clock.advance(3_000);
    expect(clock.timers).toBe(1);
    clock.advance(3_000);
    expect(engine.store.length).toBe(1);
    expect(clock.timers).toBe(0);
    engine.setExpiry(engine.find('for ever', hashKey('for ever')), 10);
    expect(clock.timers).toBe(1);
    for (const partition of engine.partitions) engine.clear(partition);
    expect(clock.timers).toBe(0);
  });

  it('works in slices of about a millisecond, resuming where it paused', () => {
    const { engine, clock } = anEngine();
    for (let index = 0; index < 1_000; index += 1) write(engine, index, 10);
    clock.advance(2_999);
    clock.costOfRead = 0.6;
    clock.advance(1);
    let slices = 1;
    let left = engine.store.length;
    expect(left).toBeLessThan(1_000);
    while (clock.deferred > 0) {
      clock.turn();
      slices += 1;
      expect(left - engine.store.length).toBeLessThanOrEqual(128);
      left = engine.store.length;
    }
    expect(left).toBe(0);
    expect(slices).toBeGreaterThan(7);
    expect(engine.expiry.lastRun?.removed).toBe(1_000);
    expect(engine.expiry.lastRun?.duration).toBeGreaterThan(7);
  });

  it('stands changes made between its slices', () => {
    const { engine, clock } = anEngine({ partitions: 1 });
    for (let index = 0; index < 500; index += 1) write(engine, index, 10);
    clock.advance(2_999);
    clock.costOfRead = 0.6;
    clock.advance(1);
    for (let index = 0; index < 500; index += 2) write(engine, index, 60_000);
    for (let index = 500; index < 600; index += 1) write(engine, index, null);
    while (clock.deferred > 0) clock.turn();
    expect(engine.store.length).toBe(350);
    expect(clock.timers).toBe(1);
  });

  it('goes on after a listener has cleared the cache', () => {
    const { engine, clock } = anEngine();
    engine.events.on('expired', () => {
      for (const partition of engine.partitions) engine.clear(partition);
    });
    for (let index = 0; index < 100; index += 1) write(engine, index, 10);
    clock.advance(3_000);
    expect(engine.store.length).toBe(0);
    expect(engine.expiry.lastRun?.removed).toBe(1);
    write(engine, 'new', 10);
    clock.advance(3_000);
    expect(engine.store.length).toBe(0);
  });

  it('stops in its tracks when the cache closes', () => {
    const { engine, clock } = anEngine();
    engine.events.on('expired', () => engine.close());
    for (let index = 0; index < 100; index += 1) write(engine, index, 10);
    clock.advance(3_000);
    expect(engine.expiry.lastRun?.removed).toBe(1);
    expect(clock.timers).toBe(0);
    expect(clock.deferred).toBe(0);
  });

  it('can be turned off', () => {
    const { engine, clock } = anEngine({ expiration: { interval: false, lazy: true, jitter: 0 } });
    write(engine, 'ada', 10);
    expect(clock.timers).toBe(0);
    clock.advance(10_000);
    expect(engine.store.length).toBe(1);
    expect(entryOf(engine, 'ada')).toBeUndefined();
  });
});
