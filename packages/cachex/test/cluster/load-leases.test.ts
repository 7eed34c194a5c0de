import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ClusterNode, JoinOptions } from '../../src/cluster/index.ts';
import { commit, type Key } from '../../src/index.ts';
import { aGate, type Gate } from '../gate.ts';
import { manyKeys } from '../keys.ts';
import { type AnyCache, keyOf, Simulation } from './simulation.ts';

let simulation: Simulation;
beforeEach(() => {
  simulation = new Simulation();
});
afterEach(() => simulation.close());

const longCall = { timeout: '1h' } as const;

/** Nodes that hold their shares of one cache. */
async function open(
  ids: readonly string[],
  options: Partial<JoinOptions> = {},
): Promise<{ nodes: ClusterNode[]; caches: AnyCache[] }> {
  const nodes: ClusterNode[] = [];
  for (const id of ids) nodes.push(await simulation.join(id, options));
  const caches = nodes.map((node) => node.cache<Key, unknown>('users') as AnyCache);
  for (const node of nodes) await simulation.run(node.ready());
  return { nodes, caches };
}

/** A loader that says when it runs, and waits until it is let go on. */
function aLoader(value: string): { load: () => Promise<string>; runs: () => number; gate: Gate } {
  const gate = aGate();
  let runs = 0;
  return {
    load: async () => {
      runs += 1;
      await gate.passed;
      return value;
    },
    runs: () => runs,
    gate,
  };
}

async function until(holds: () => boolean): Promise<void> {
  for (let step = 0; !holds(); step += 1) {
    if (step > 40_000) throw new Error(`it did not come to that: ${holds}`);
    await simulation.advance(0.25);
  }
}

describe('a load that runs at its caller', () => {
  it('keeps its lease for as long as the loader runs, however long that is', async () => {
    const { nodes, caches } = await open(['a', 'b', 'c']);
    const key = keyOf(nodes[0]!, 'a');
    const [slow, other] = [aLoader('slow'), aLoader('other')];
    const answer = caches[1]!.fetch(key, slow.load, longCall);
    await until(() => slow.runs() === 1);
    const waiting = caches[2]!.fetch(key, other.load, longCall);
    await simulation.advance(65_000);
    slow.gate.open();
    expect(await simulation.run(Promise.all([answer, waiting]))).toEqual(['slow', 'slow']);
    expect(other.runs()).toBe(0);
    expect(await simulation.run(caches[2]!.get(key))).toBe('slow');
  });

  it('loses it to the next who waits when its process stalls, and what it still brings is answered, not stored', async () => {
    const { nodes, caches } = await open(['a', 'b', 'c'], { failureAfter: '10m' });
    const key = keyOf(nodes[0]!, 'a');
    const [stalled, next, third] = [aLoader('stalled'), aLoader('next'), aLoader('third')];
    const answer = caches[1]!.fetch(key, stalled.load, longCall);
    await until(() => stalled.runs() === 1);
    const waiting = [caches[2]!.fetch(key, next.load, longCall), caches[0]!.fetch(key, third.load, longCall)];
    await simulation.advance(10);
    simulation.cluster.pause('b');
    await simulation.advance(9_000);
    expect(next.runs() + third.runs()).toBe(0);
    await simulation.advance(1_100);
    expect(next.runs() + third.runs()).toBe(1);
    for (const { gate } of [next, third]) gate.open();
    const [one, two] = await simulation.run(Promise.all(waiting));
    expect(one).toBe(two);
    stalled.gate.open();
    simulation.cluster.resume('b');
    expect(await simulation.run(answer)).toBe('stalled');
    for (const cache of caches) expect(await simulation.run(cache.get(key))).toBe(one);
  });

  it('is given up as soon as its process is known to be dead', async () => {
    const { nodes, caches } = await open(['a', 'b', 'c']);
    const key = keyOf(nodes[0]!, 'a');
    const [lost, next] = [aLoader('lost'), aLoader('next')];
    caches[1]!.fetch(key, lost.load, longCall).catch(() => {});
    await until(() => lost.runs() === 1);
    const waiting = caches[2]!.fetch(key, next.load, longCall);
    await simulation.advance(10);
    const began = simulation.cluster.clock.now();
    simulation.crash('b');
    await until(() => next.runs() === 1);
    expect(simulation.cluster.clock.now() - began).toBeLessThan(2_000);
    next.gate.open();
    expect(await simulation.run(waiting)).toBe('next');
  });

  it('is loaded by name at the owner when it is given up and a name is asked for', async () => {
    const { nodes } = await open(['a', 'b']);
    const named = nodes.map((node) =>
      node.cache('named', { functions: { load: async (_key: string) => `by ${node.id}` } }),
    );
    await simulation.advance(100);
    const key = keyOf(nodes[0]!, 'a');
    const lost = aLoader('lost');
    named[1]!.fetch(key, lost.load, longCall).catch(() => {});
    await until(() => lost.runs() === 1);
    const waiting = named[0]!.fetch(key, 'load', longCall);
    simulation.crash('b');
    expect(await simulation.run(waiting)).toBe('by a');
  });

  it('goes on for the others when its own call is aborted or late', async () => {
    const { nodes, caches } = await open(['a', 'b', 'c']);
    const key = keyOf(nodes[0]!, 'a');
    const aborting = new AbortController();
    const [first, second] = [aLoader('first'), aLoader('second')];
    const aborted = expect(
      caches[1]!.fetch(key, first.load, { ...longCall, signal: aborting.signal }),
    ).rejects.toBe('enough');
    await until(() => first.runs() === 1);
    const late = expect(caches[2]!.fetch(key, second.load, { timeout: 20 })).rejects.toMatchObject({
      code: 'TIMEOUT',
    });
    const waiting = caches[2]!.fetch(key, second.load, longCall);
    aborting.abort('enough');
    await aborted;
    await simulation.run(late);
    await simulation.advance(30_000);
    first.gate.open();
    expect(await simulation.run(waiting)).toBe('first');
    expect(second.runs()).toBe(0);
    const third = aLoader('third');
    await expect(simulation.run(caches[2]!.fetch('late', third.load, { timeout: 50 }))).rejects.toMatchObject(
      {
        code: 'TIMEOUT',
        message: "fetch: the loader of 'late' has not answered in time; it goes on",
      },
    );
    third.gate.open();
    await simulation.advance(10);
    expect(await simulation.run(caches[0]!.get('late'))).toBe('third');
  });

  it('is not handed to a caller that has given up waiting', async () => {
    const { nodes, caches } = await open(['a', 'b', 'c']);
    const key = keyOf(nodes[0]!, 'a');
    const [lost, gone, last] = [aLoader('lost'), aLoader('gone'), aLoader('last')];
    const lostOne = caches[1]!.fetch(key, lost.load, longCall);
    lostOne.catch(() => {});
    await until(() => lost.runs() === 1);
    const aborting = new AbortController();
    const aborted = expect(
      caches[2]!.fetch(key, gone.load, { ...longCall, signal: aborting.signal }),
    ).rejects.toBe('enough');
    await simulation.advance(10);
    const waiting = caches[0]!.fetch(key, last.load, longCall);
    await simulation.advance(10);
    aborting.abort('enough');
    await aborted;
    const began = simulation.cluster.clock.now();
    simulation.crash('b');
    await until(() => last.runs() === 1);
    expect(simulation.cluster.clock.now() - began).toBeLessThan(2_000);
    last.gate.open();
    expect(await simulation.run(waiting)).toBe('last');
    expect(gone.runs()).toBe(0);
  });

  it('is not handed to a caller that has died while it waited', async () => {
    const { nodes, caches } = await open(['a', 'b', 'c']);
    const key = keyOf(nodes[0]!, 'a');
    const [lost, dead, last] = [aLoader('lost'), aLoader('dead'), aLoader('last')];
    caches[1]!.fetch(key, lost.load, longCall).catch(() => {});
    await until(() => lost.runs() === 1);
    caches[2]!.fetch(key, dead.load, longCall).catch(() => {});
    await simulation.advance(10);
    const waiting = caches[0]!.fetch(key, last.load, longCall);
    await simulation.advance(10);
    simulation.crash('c');
    await until(() => nodes[0]!.status().members.length === 2);
    const began = simulation.cluster.clock.now();
    simulation.crash('b');
    await until(() => last.runs() === 1);
    expect(simulation.cluster.clock.now() - began).toBeLessThan(2_000);
    last.gate.open();
    expect(await simulation.run(waiting)).toBe('last');
  });

  it('rejects with CLOSED and aborts when its node closes, and somebody else loads', async () => {
    const { nodes, caches } = await open(['a', 'b']);
    const key = keyOf(nodes[0]!, 'a');
    let signal: AbortSignal | undefined;
    const answer = caches[1]!.fetch(
      key,
      (_key, context) => {
        signal = context.signal;
        return new Promise(() => {});
      },
      longCall,
    );
    const closed = expect(answer).rejects.toMatchObject({ code: 'CLOSED' });
    await until(() => signal !== undefined);
    const waiting = caches[0]!.fetch(key, () => 'another', longCall);
    await simulation.run(nodes[1]!.leave({ within: 100 }));
    await closed;
    expect(signal!.aborted).toBe(true);
    expect(await simulation.run(waiting)).toBe('another');
    simulation.nodes.pop();
  });
});

describe('a fetch with a function', () => {
  it('is refused with local: true if another node owns the key, and runs nothing', async () => {
    const { nodes, caches } = await open(['a', 'b']);
    const load = (): string => 'loaded';
    const options = { local: true } as const;
    const refused = caches[0]!.fetch(keyOf(nodes[0]!, 'b'), load, options);
    await expect(refused).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    expect(await simulation.run(caches[0]!.fetch(keyOf(nodes[0]!, 'a'), load, options))).toBe('loaded');
  });

  it.each([[0], ['soon'], ['2h']])('needs a sensible loadLease, not %s', async (loadLease) => {
    const node = await simulation.join('a');
    expect(() => node.cache('users', { loadLease: loadLease as never })).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', message: expect.stringMatching(/^loadLease: /) }),
    );
  });
});

describe('a load that runs at its caller while its key moves', () => {
  /** Loads of many keys run at `a`, some of which have moved to `b`. */
  async function moved(load: (key: Key) => Promise<unknown>, options: Partial<JoinOptions> = {}) {
    const { nodes, caches } = await open(['a'], { partitions: 64, ...options });
    const answers = manyKeys.map((key) => caches[0]!.fetch(key, load, longCall));
    for (const answer of answers) answer.catch(() => {});
    await simulation.advance(10);
    const second = await simulation.join('b', { partitions: 64, ...options });
    const other = second.cache('users') as AnyCache;
    await simulation.run(second.ready());
    const keys = manyKeys.filter((key) => nodes[0]!.route(key).owner === 'b');
    expect(keys.length).toBeGreaterThan(0);
    return { first: nodes[0]!, second, cache: caches[0]!, other, answers, keys };
  }

  it('is not run twice, and its result is stored at the new owner', async () => {
    const gate = aGate();
    let runs = 0;
    const load = async (key: Key): Promise<string> => {
      runs += 1;
      await gate.passed;
      return `loaded ${key}`;
    };
    const { other, answers, keys } = await moved(load);
    const waiting = keys.map((key) => other.fetch(key, load, longCall));
    await simulation.advance(25_000);
    gate.open();
    expect(await simulation.run(Promise.all(answers))).toEqual(manyKeys.map((key) => `loaded ${key}`));
    expect(await simulation.run(Promise.all(waiting))).toEqual(keys.map((key) => `loaded ${key}`));
    expect(runs).toBe(manyKeys.length);
    for (const key of keys) expect(other.local.get(key)).toBe(`loaded ${key}`);
  });

  it('loses its lease at the new owner when its process stalls', async () => {
    const { other, keys } = await moved(() => new Promise(() => {}), { failureAfter: '10m' });
    const waiting = other.fetch(keys[0]!, async () => 'next', longCall);
    await simulation.advance(10);
    simulation.cluster.pause('a');
    await simulation.advance(10_500);
    expect(other.local.get(keys[0]!)).toBe('next');
    simulation.cluster.resume('a');
    expect(await simulation.run(waiting)).toBe('next');
  });

  it('is not stored if a tag of its result was invalidated before or after the move', async () => {
    const gate = aGate();
    const load = async (key: Key): Promise<unknown> => {
      await gate.passed;
      return commit(key, { tags: ['users', `own-${key}`] });
    };
    const { nodes, caches } = await open(['a'], { partitions: 64 });
    const answers = manyKeys.map((key) => caches[0]!.fetch(key, load, longCall));
    await simulation.advance(10);
    const before = manyKeys.filter((_, n) => n % 3 === 0);
    for (const key of before) await simulation.run(caches[0]!.invalidateTag(`own-${key}`));
    const second = await simulation.join('b', { partitions: 64 });
    const other = second.cache('users') as AnyCache;
    await simulation.run(second.ready());
    const after = manyKeys.filter((_, n) => n % 3 === 1);
    for (const key of after) await simulation.run(other.invalidateTag(`own-${key}`));
    gate.open();
    expect(await simulation.run(Promise.all(answers))).toEqual(manyKeys);
    const left = manyKeys.filter((_, n) => n % 3 === 2);
    expect((await simulation.run(other.keys())).sort()).toEqual([...left].sort());
    expect(left.some((key) => nodes[0]!.route(key).owner === 'b')).toBe(true);
    expect(await simulation.run(other.invalidateTag('users'))).toBe(left.length);
  });
});

describe('a load whose owner dies', () => {
  it('may be run again at the copy that takes over, and its late result does not overwrite what is newer', async () => {
    const { nodes, caches } = await open(['a', 'b', 'c'], { backups: 1, partitions: 64 });
    await until(() => nodes[0]!.status().underReplicated === 0);
    const key = keyOf(nodes[0]!, 'a');
    const [late, again] = [aLoader('late'), aLoader('again')];
    const answer = caches[1]!.fetch(key, late.load, longCall);
    await until(() => late.runs() === 1);
    const waiting = caches[2]!.fetch(key, again.load, longCall);
    await simulation.advance(10);
    simulation.crash('a');
    await until(() => again.runs() === 1);
    again.gate.open();
    expect(await simulation.run(waiting)).toBe('again');
    await simulation.run(caches[1]!.put(key, 'newer'));
    late.gate.open();
    expect(await simulation.run(answer)).toBe('late');
    for (const cache of caches.slice(1)) expect(await simulation.run(cache.get(key))).toBe('newer');
  });
});

describe('what an entry has beside its value', () => {
  const options = { ttl: 1_000, staleFor: '1h', tags: ['users'] } as const;
  const anew = async (): Promise<string> => 'anew';

  it('moves with it, stale ones included', async () => {
    const { caches } = await open(['a'], { partitions: 64 });
    for (const key of manyKeys) await simulation.run(caches[0]!.fetch(key, async () => 'old', options));
    await simulation.advance(1_000);
    expect(caches[0]!.local.get(manyKeys[0]!)).toBeUndefined();
    const second = await simulation.join('b', { partitions: 64 });
    const other = second.cache('users') as AnyCache;
    await simulation.run(second.ready());
    const keys = manyKeys.filter((key) => second.route(key).owner === 'b');
    expect(keys.length).toBeGreaterThan(0);
    expect(await simulation.run(other.count())).toBe(0);
    expect(await simulation.run(other.size())).toBe(manyKeys.length);
    for (const key of keys) expect(await simulation.run(caches[0]!.fetch(key, anew, options))).toBe('old');
    await simulation.advance(10);
    for (const key of keys) expect(await simulation.run(caches[0]!.get(key))).toBe('anew');
    expect(await simulation.run(other.invalidateTag('users'))).toBe(keys.length);
    expect(await simulation.run(other.size())).toBe(0);
  });

  it('is in the backups, and what was seen to have expired does not live again there', async () => {
    const { nodes, caches } = await open(['a', 'b', 'c'], { backups: 1, partitions: 64 });
    await until(() => nodes[0]!.status().underReplicated === 0);
    for (const key of manyKeys) await simulation.run(caches[0]!.fetch(key, async () => 'old', options));
    await simulation.advance(990);
    await until(() => caches[0]!.local.count() === 0);
    const keys = manyKeys.filter((key) => nodes[0]!.route(key).owner === 'a');
    for (const key of keys) expect(await simulation.run(caches[1]!.get(key))).toBeUndefined();
    simulation.crash('a');
    for (const key of keys) {
      expect(await simulation.run(caches[1]!.get(key))).toBeUndefined();
      expect(await simulation.run(caches[2]!.fetch(key, anew, options))).toBe('old');
    }
    await simulation.advance(100);
    for (const key of keys) expect(await simulation.run(caches[1]!.get(key))).toBe('anew');
    expect(await simulation.run(caches[1]!.invalidateTag('users'))).toBeGreaterThanOrEqual(keys.length);
  });
});
