import type { RoutedNode, View } from '@cachex/router';
import { hashKey, partitionOf } from '@cachex/router/hash';
import { beforeEach, describe, expect, it } from 'vitest';
import { type NearCache, nearCacheOf } from '../../src/cluster/near-cache.ts';
import { readClusterCacheOptions } from '../../src/local/settings.ts';
import { ManualClock } from '../manual-clock.ts';

const partitions = 8;
const hash = hashKey('ada');

let clock: ManualClock;
let inTouch: boolean;
let near: NearCache;
beforeEach(() => {
  clock = new ManualClock();
  inTouch = true;
  const node = { clock, random: Math.random, view: view(1), inTouch: () => inTouch };
  const options = readClusterCacheOptions('users', { nearCache: { size: 10, expire: '30s' } });
  near = nearCacheOf('users', node as unknown as RoutedNode, options)!;
});

/** One in which the partition of the key has this term. */
function view(term: number): View {
  const terms = Array.from({ length: partitions }, () => 1);
  terms[partitionOf(hash, partitions)] = term;
  return { owners: terms.map(() => 'b'), terms } as unknown as View;
}

function keep(value: unknown, lent = 60_000, reading = near.begin()): void {
  near.keep('ada', hash, value, reading, lent, 'b');
}

const held = (): unknown => near.read('ada', hash);

describe('what is near', () => {
  it('is dropped when its owner tells, a partition has another term, or the link ends', () => {
    const events: (() => void)[] = [
      () => near.noticed([hash]),
      () => near.follow(view(2)),
      () => near.parted('b'),
      () => near.changing('put', hash),
      () => near.changing('$commit', hash ^ partitions),
      () => near.changing('clear', Array.from({ length: partitions }).keys()),
    ];
    for (const happen of events) {
      keep(1);
      expect(held()).toBe(1);
      happen();
      expect(held(), String(happen)).toBe(undefined);
      expect(near.peek('ada', hash)).toBe(undefined);
    }
  });

  it('is not kept if any of that happens while it is read', () => {
    const events: (() => void)[] = [
      () => near.noticed([hash]),
      () => near.follow(view(2)),
      () => near.parted('b'),
      () => near.changing('put', hash),
      () => near.changing('$commit', hash ^ partitions),
      () => near.changing('clear', Array.from({ length: partitions }).keys()),
    ];
    for (const happen of events) {
      const reading = near.begin();
      happen();
      keep(1, 60_000, reading);
      expect(held(), String(happen)).toBe(undefined);
    }
  });

  it('stays when the same happens to others', () => {
    keep(1);
    near.noticed([hash ^ 1]);
    near.changing('put', hash ^ partitions);
    near.changing('$commit', hash ^ 1);
    near.changing('clear', [partitionOf(hash ^ 1, partitions)]);
    near.follow(view(1));
    near.parted('c');
    expect(held()).toBe(1);
  });

  it('is not answered while the node is out of touch, nor for another key with that hash', () => {
    keep(1);
    inTouch = false;
    expect([held(), near.peek('ada', hash)]).toEqual([undefined, undefined]);
    inTouch = true;
    expect(held()).toBe(1);
    expect(near.read('eve', hash)).toBe(undefined);
    near.keep(['a', 1], hash, 2, near.begin(), 1_000, 'b');
    expect(near.read(['a', 1], hash)).toBe(2);
    expect(held()).toBe(undefined);
  });

  it('lives from when it was asked for', () => {
    const reading = near.begin();
    clock.advance(400);
    keep(1, 1_000, reading);
    clock.advance(599);
    expect(held()).toBe(1);
    clock.advance(1);
    expect(held()).toBe(undefined);
    const late = near.begin();
    clock.advance(1_000);
    keep(1, 1_000, late);
    expect(held()).toBe(undefined);
    keep(undefined);
    expect(near.status.size).toBe(0);
    keep(1);
    clock.advance(30_000);
    expect(held()).toBe(undefined);
    expect(near.status).toEqual({ size: 0, hits: 1, kept: 2, invalidations: 0 });
    near.close();
    keep(1);
    expect(held()).toBe(undefined);
  });
});
