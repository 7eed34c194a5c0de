import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ClusterNode } from '../../src/cluster/index.ts';
import { aGate, eventually } from '../gate.ts';
import { manyKeys } from '../keys.ts';
import { type AnyCache, keyOf, Simulation } from './simulation.ts';

let simulation: Simulation;
let nodes: ClusterNode[];
let caches: AnyCache[];
let gate: ReturnType<typeof aGate>;
let loads: number;

beforeEach(async () => {
  simulation = new Simulation();
  gate = aGate();
  loads = 0;
  nodes = await simulation.joinAll('a', 'b', 'c');
  const load = async (): Promise<string> => {
    loads += 1;
    await gate.passed;
    return 'loaded';
  };
  caches = nodes.map((node) => node.cache('users', { functions: { load }, stats: true }));
  await simulation.advance(100);
});
afterEach(async () => {
  gate.open();
  await simulation.close();
});

describe('the local share', () => {
  it('is what this node owns, read at once', async () => {
    for (const key of manyKeys) await simulation.run(caches[0]!.put(key, { key }, { ttl: '1m' }));
    let total = 0;
    for (const [n, node] of nodes.entries()) {
      const { local } = caches[n]!;
      const mine = manyKeys.filter((key) => node.route(key).owner === node.id);
      expect(mine.length).toBeGreaterThan(0);
      expect(local.keys().sort()).toEqual([...mine].sort());
      expect(local.size()).toBe(mine.length);
      for (const key of manyKeys) {
        expect([local.get(key), local.exists(key), local.ttl(key) !== undefined]).toEqual(
          mine.includes(key) ? [{ key }, true, true] : [undefined, false, false],
        );
      }
      expect(local.stats().writes).toBe(mine.length);
      total += mine.length;
    }
    expect(total).toBe(manyKeys.length);
  });

  it('refuses bad input and unknown options like a local cache', () => {
    const { local } = caches[0]!;
    expect(() => local.get({} as never)).toThrow(expect.objectContaining({ code: 'INVALID_KEY' }));
    expect(() => local.get('ada', { timeout: 5 } as never)).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION' }),
    );
  });

  it.each(['put', 'set', 'del', 'delete', 'clear', 'expire', 'incr', 'update', 'fetch'])(
    'refuses %s, and says where to call it',
    (name) => {
      const local = caches[0]!.local as unknown as Record<string, (...args: unknown[]) => unknown>;
      expect(() => local[name]!('ada', 1)).toThrow(
        expect.objectContaining({
          code: 'INVALID_OPTION',
          message: expect.stringMatching(/^local\.\w+: .* on the cache itself$/),
        }),
      );
    },
  );
});

describe('{ local: true }', () => {
  it('reads and counts this node’s share alone, sending nothing', async () => {
    for (const key of manyKeys) await simulation.run(caches[0]!.put(key, 1));
    const sent = simulation.sent;
    const mine = manyKeys.filter((key) => nodes[0]!.route(key).owner === 'a');
    const [cache] = caches;
    for (const key of manyKeys) {
      expect(await cache!.get(key, { local: true })).toBe(mine.includes(key) ? 1 : undefined);
      expect(await cache!.exists(key, { local: true })).toBe(mine.includes(key));
    }
    expect(await cache!.size({ local: true })).toBe(mine.length);
    expect((await cache!.keys({ local: true })).sort()).toEqual([...mine].sort());
    expect(await cache!.get('absent', { local: true, default: 5 })).toBe(5);
    expect(simulation.sent).toBe(sent);
  });

  it('clears this node’s share alone', async () => {
    for (const key of manyKeys) await simulation.run(caches[0]!.put(key, 1));
    const mine = manyKeys.filter((key) => nodes[0]!.route(key).owner === 'a').length;
    expect(await caches[0]!.clear({ local: true })).toBe(mine);
    expect(await simulation.run(caches[0]!.size())).toBe(manyKeys.length - mine);
  });

  it('writes what this node owns, and refuses the rest, naming the owner', async () => {
    const [here, elsewhere] = [keyOf(nodes[0]!, 'a'), keyOf(nodes[0]!, 'b')];
    await caches[0]!.put(here, 1, { local: true });
    expect(await caches[0]!.incr(here, 1, { local: true })).toBe(2);
    for (const refused of [
      caches[0]!.put(elsewhere, 1, { local: true }),
      caches[0]!.del(elsewhere, { local: true }),
      caches[0]!.fetch(elsewhere, 'load', { local: true }),
    ]) {
      await expect(refused).rejects.toMatchObject({
        code: 'INVALID_OPTION',
        message: expect.stringMatching(/^local: .* b owns/),
      });
    }
    expect(await simulation.run(caches[0]!.size())).toBe(1);
  });
});

describe('{ timeout }', () => {
  it.each<[what: string, call: (cache: AnyCache, key: string) => Promise<unknown>, code: string]>([
    ['a read', (cache, key) => cache.get(key, { timeout: '200ms' }), 'TIMEOUT'],
    ['a write', (cache, key) => cache.put(key, 1, { timeout: 200 }), 'UNKNOWN_OUTCOME'],
    ['a load', (cache, key) => cache.fetch(key, 'load', { timeout: 200 }), 'TIMEOUT'],
  ])('ends %s that is not answered', async (_what, call, code) => {
    const key = keyOf(nodes[0]!, 'b');
    simulation.silence('b');
    const before = simulation.cluster.clock.now();
    await expect(simulation.run(call(caches[0]!, key))).rejects.toMatchObject({ name: 'CacheError', code });
    expect(simulation.cluster.clock.now() - before).toBe(200);
  });

  it('ends the wait for a load, which goes on and is stored', async () => {
    const key = keyOf(nodes[0]!, 'b');
    for (const cache of caches) {
      await expect(simulation.run(cache.fetch(key, 'load', { timeout: 100 }))).rejects.toMatchObject({
        code: 'TIMEOUT',
      });
    }
    expect(loads).toBe(1);
    gate.open();
    await simulation.advance(10);
    expect(await simulation.run(caches[0]!.get(key))).toBe('loaded');
  });

  it('may be as long as one likes', async () => {
    const key = keyOf(nodes[0]!, 'b');
    const answer = caches[0]!.fetch(key, 'load', { timeout: Number.POSITIVE_INFINITY });
    await simulation.advance(60_000);
    gate.open();
    expect(await simulation.run(answer)).toBe('loaded');
  });

  it('is 5 seconds unless set', async () => {
    simulation.silence('b');
    const before = simulation.cluster.clock.now();
    const key = keyOf(nodes[0]!, 'b');
    await expect(simulation.run(caches[0]!.fetch(key, 'load'))).rejects.toMatchObject({
      name: 'CacheError',
    });
    expect(simulation.cluster.clock.now() - before).toBe(5_000);
  });
});

describe('{ signal }', () => {
  it.each(['a', 'b'])('rejects a load at %s with the reason of the abort', async (owner) => {
    const controller = new AbortController();
    const key = keyOf(nodes[0]!, owner);
    const answer = caches[0]!.fetch(key, 'load', { signal: controller.signal });
    const failed = expect(answer).rejects.toBe('enough');
    await simulation.advance(10);
    controller.abort('enough');
    await failed;
    gate.open();
    expect(await simulation.run(caches[0]!.fetch(key, 'load'))).toBe('loaded');
    expect(loads).toBe(1);
  });

  it('rejects a merged call, and one whose reason is an error with that very error', async () => {
    simulation.silence('c');
    const controller = new AbortController();
    const answer = caches[0]!.size({ signal: controller.signal });
    const reason = new RangeError('enough');
    const failed = expect(answer).rejects.toBe(reason);
    await simulation.advance(10);
    controller.abort(reason);
    await simulation.advance(10);
    await failed;
  });
});

describe('a merged call that cannot cover every partition', () => {
  beforeEach(async () => {
    for (const key of manyKeys) await simulation.run(caches[0]!.put(key, 1));
    simulation.silence('c');
  });

  it('rejects with PARTIAL_RESULT, carrying what was answered', async () => {
    const theirs = manyKeys.filter((key) => nodes[0]!.route(key).owner === 'c');
    const status = nodes[0]!.status();
    const partitions = status.members.find(({ id }) => id === 'c')!.partitions;
    const failure = await simulation
      .run(caches[0]!.size({ timeout: 200 }))
      .catch((error: unknown) => error as Record<string, unknown>);
    expect(failure).toMatchObject({
      name: 'CacheError',
      code: 'PARTIAL_RESULT',
      message: expect.stringMatching(/^size: /),
      value: manyKeys.length - theirs.length,
      answered: status.partitions - partitions,
      epoch: status.epoch,
    });
    const { missing } = failure as { missing: number[] };
    expect(missing).toHaveLength(partitions);
    for (const key of theirs) expect(missing).toContain(nodes[0]!.route(key).partition);
  });

  it('answers what there is where that is allowed', async () => {
    const rest = manyKeys.filter((key) => nodes[0]!.route(key).owner !== 'c');
    const options = { timeout: 200, partial: 'allow' } as const;
    expect(await simulation.run(caches[0]!.size(options))).toBe(rest.length);
    expect((await simulation.run(caches[0]!.keys(options))).sort()).toEqual([...rest].sort());
  });
});

describe('a load at another node', () => {
  it('is joined by its own node', async () => {
    const key = keyOf(nodes[0]!, 'b');
    const answers = caches.map((cache) => cache.fetch(key, 'load'));
    await eventually(async () => {
      await simulation.advance(1);
      return caches[1]!.local.stats().misses === 3;
    });
    gate.open();
    expect(await simulation.run(Promise.all(answers))).toEqual(['loaded', 'loaded', 'loaded']);
    expect(loads).toBe(1);
  });
});
