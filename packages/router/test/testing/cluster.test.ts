import { describe, expect, it } from 'vitest';
import type { Clock } from '../../src/clock.ts';
import { TestCluster } from '../../src/testing/index.ts';
import { box } from '../box.ts';

const ids = Array.from({ length: 50 }, (_, n) => `n${n}`);

function clocksOf(cluster: TestCluster): Clock[] {
  return ids.map((id) => cluster.options(id).clock!);
}

describe('the hosts of a test cluster', () => {
  it('share one time unless they are told to drift', async () => {
    const cluster = new TestCluster();
    await cluster.clock.advance(7.7);
    const clocks = clocksOf(cluster);
    await cluster.clock.advance(0.1);
    for (const clock of clocks) {
      expect(clock.now()).toBe(cluster.clock.now());
      expect(clock.wallTime()).toBe(cluster.clock.wallTime());
    }
  });

  it('drift up to the given share, and begin anywhere', async () => {
    const cluster = new TestCluster({ drift: 0.05 });
    await cluster.clock.advance(1_000);
    const clocks = clocksOf(cluster);
    const [before, wallBefore] = [
      clocks.map((clock) => clock.now()),
      clocks.map((clock) => clock.wallTime()),
    ];
    expect(new Set(wallBefore)).toEqual(new Set([cluster.clock.wallTime()]));
    await cluster.clock.advance(100_000);
    const passed = clocks.map((clock, index) => clock.now() - before[index]!);
    expect(Math.min(...passed)).toBeGreaterThan(95_000);
    expect(Math.max(...passed)).toBeLessThan(105_000);
    expect(Math.max(...passed) - Math.min(...passed)).toBeGreaterThan(8_000);
    for (const [index, clock] of clocks.entries())
      expect(clock.wallTime() - wallBefore[index]!).toBeCloseTo(passed[index]!, 3);
    expect(Math.max(...before)).toBeGreaterThan(1e6 * Math.min(...before));
  });

  it('drift in the same way when the seed is the same', () => {
    const read = (seed: number): number[] =>
      clocksOf(new TestCluster({ seed, drift: 0.05 })).map((clock) => clock.now());
    expect(read(1)).toEqual(read(1));
    expect(read(1)).not.toEqual(read(2));
  });

  it('wait for as long as their own clock says, never less, and their time never goes back', async () => {
    const cluster = new TestCluster({ drift: 0.05 });
    const wrong: string[] = [];
    for (const clock of clocksOf(cluster)) {
      let latest = clock.now();
      for (let ms = 0.1; ms < 1_000; ms *= 1.7) {
        const due = clock.now() + ms;
        const wallDue = clock.wallTime() + ms;
        clock.after(ms, () => {
          const now = clock.now();
          if (now < due || now > due + 0.001) wrong.push(`${now} where ${due} was due`);
          if (now < latest) wrong.push(`${now} after ${latest}`);
          if (Math.abs(clock.wallTime() - wallDue) > 0.001) wrong.push(`${clock.wallTime()} on the wall`);
          latest = now;
        });
      }
    }
    await cluster.clock.advance(2_000);
    expect(cluster.clock.waiting).toBe(0);
    expect(wrong).toEqual([]);
  });

  it('have their own wall clocks, which step forwards and back, and nothing else with them', async () => {
    const cluster = new TestCluster();
    const [a, b] = [cluster.options('a').clock!, cluster.options('b').clock!];
    const start = cluster.clock.wallTime();
    cluster.stepWallTime('a', 5_000);
    expect([a.wallTime(), a.now(), b.wallTime()]).toEqual([start + 5_000, 0, start]);
    let fired = false;
    a.after(10, () => {
      fired = true;
    });
    cluster.stepWallTime('a', -60_000);
    await cluster.clock.advance(10);
    expect([a.wallTime(), a.now(), fired]).toEqual([start - 55_000 + 10, 10, true]);
    cluster.clock.stepWallTime(1);
    expect([a.wallTime(), b.wallTime()]).toEqual([start - 55_000 + 11, start + 11]);
  });

  it('work together however their clocks differ', async () => {
    const cluster = new TestCluster({ drift: 0.05 });
    const nodes = [];
    for (const id of ['a', 'b', 'c']) nodes.push(await cluster.join(id, { partitions: 16 }));
    for (const node of nodes) await cluster.run(node.open('box', box(node)));
    for (const node of nodes) await cluster.run(node.ready());
    cluster.stepWallTime('b', -3_600_000);
    for (let hash = 0; hash < 16; hash += 1) {
      const call = { service: 'box', args: [hash] };
      await cluster.run(nodes[hash % 3]!.dispatch.call(hash, { ...call, handler: 'put' }));
      const read = nodes[(hash + 1) % 3]!.dispatch.call(hash, { ...call, handler: 'get' });
      expect(await cluster.run(read)).toBe(hash);
    }
    await cluster.close();
  });
});

describe('a host that crashes at any step', () => {
  /** `b` joins `a`, and dies once that many tasks have run; `steps` is how many it needs to join. */
  async function dyingAt(step: number): Promise<{ steps: number; members: string[] }> {
    const cluster = new TestCluster({ seed: 3 });
    await cluster.join('a', { partitions: 16 });
    const before = cluster.clock.steps;
    cluster.clock.onStep = (at) => {
      if (at === before + step) cluster.crash('b');
    };
    let steps = 0;
    void cluster.enter('b', { partitions: 16 }).then(() => {
      steps = cluster.clock.steps - before;
    });
    await cluster.clock.advance(60_000);
    const members = cluster.nodes[0]!.view.members.map(({ id }) => id);
    await cluster.close();
    return { steps, members };
  }

  it('is a member afterwards only if it did not die', async () => {
    const { steps, members } = await dyingAt(Number.POSITIVE_INFINITY);
    expect(members).toEqual(['a', 'b']);
    expect(steps).toBeGreaterThan(10);
    for (let step = 1; step <= steps; step += 1) expect((await dyingAt(step)).members).toEqual(['a']);
  });
});
