import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Feed } from '../../src/dashboard/feed.ts';
import { type AnyCache, Simulation } from '../cluster/simulation.ts';

let simulation: Simulation;
beforeEach(() => {
  simulation = new Simulation();
});
afterEach(() => simulation.close());

async function watched() {
  const [a, b] = await simulation.joinAll('a', 'b');
  const users = a!.cache('users', { stats: true, ttl: '1m' }) as AnyCache;
  b!.cache('users', { stats: true, ttl: '1m' });
  await simulation.run(a!.ready());
  await simulation.run(b!.ready());
  let told = 0;
  const source = { node: a!, clock: simulation.cluster.clock, openCache: () => undefined };
  const feed = new Feed(source, () => {
    told += 1;
  });
  return { a: a!, b: b!, users, feed, told: () => told };
}

const anew = () => ({ epoch: 0, points: 0 });

describe('what is told of a cluster', () => {
  it('is asked of all nodes every second while somebody watches, and not otherwise', async () => {
    const { users, feed, told } = await watched();
    await simulation.advance(5_000);
    expect(told()).toBe(0);
    feed.start();
    await simulation.advance(1_500);
    for (let n = 0; n < 300; n += 1) await simulation.run(users.put(`key-${n}`, n));
    await simulation.advance(1_000);
    const frame = feed.frameFor(anew(), false);
    expect(frame.nodes.map(({ id, colour, silent }) => [id, colour, silent])).toEqual([
      ['a', 0, null],
      ['b', 1, null],
    ]);
    expect(frame.nodes.every(({ calls }) => calls! > 0)).toBe(true);
    expect(frame.caches[0]).toMatchObject({ name: 'users', entries: 300, uncounted: [], open: false });
    expect(frame.caches[0]!.settings[0]).toEqual(['time to live', '1 min']);
    expect(frame.points.length).toBeGreaterThan(1);
    feed.stop();
    const before = told();
    await simulation.advance(5_000);
    expect(told()).toBe(before);
    feed.close();
  });

  it('leaves out what a reader has seen', async () => {
    const { feed } = await watched();
    feed.start();
    await simulation.advance(3_000);
    const seen = anew();
    const first = feed.frameFor(seen, true);
    expect(first.ring?.ids).toEqual(['a', 'b']);
    expect(first.changes?.[0]?.words).toEqual(['as it was when this began: a, b']);
    expect(first.points.length).toBeGreaterThan(1);
    const next = feed.frameFor(seen, true);
    expect([next.ring, next.changes, next.points]).toEqual([undefined, undefined, []]);
    await simulation.join('c');
    const later = feed.frameFor(seen, true);
    expect(later.ring?.ids).toEqual(['a', 'b', 'c']);
    expect(later.changes?.at(-1)?.words).toEqual(['c joined, weight 1']);
    feed.close();
  });

  it('says why a node has no figures', async () => {
    const { feed } = await watched();
    feed.start();
    await simulation.join('c', { weight: 0 });
    await simulation.advance(3_000);
    const nodes = () => feed.frameFor(anew(), false).nodes;
    expect(nodes()[2]).toMatchObject({ id: 'c', colour: 2, calls: null, silent: null });
    expect(nodes()[2]!.rss).toBeGreaterThan(0);
    simulation.cluster.network.cut('a', 'c');
    await simulation.advance(2_900);
    expect(nodes()[2]).toMatchObject({ id: 'c', colour: 2, calls: null, rss: null });
    expect(nodes()[2]!.silent).toContain('vitals');
    simulation.cluster.network.heal('a', 'c');
    const c = simulation.nodes[2]!;
    c.cache('users', { ttl: '1m' });
    await simulation.advance(5_000);
    expect(nodes()[2]).toMatchObject({ silent: null, colour: 2, calls: null });
    expect(nodes()[2]!.rss).toBeGreaterThan(0);
    expect(feed.frameFor(anew(), false).caches[0]!.uncounted).toEqual(['c']);
    feed.close();
  });

  it('gives a node that comes the colour of one that went', async () => {
    const { feed, b } = await watched();
    feed.start();
    await simulation.run(b.leave());
    simulation.nodes.splice(1, 1);
    await simulation.join('d');
    expect(feed.frameFor(anew(), false).nodes.map(({ id, colour }) => [id, colour])).toEqual([
      ['a', 0],
      ['d', 1],
    ]);
    feed.close();
  });
});
