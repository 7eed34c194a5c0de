import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import type { Key } from '@cachex/router/hash';
import { TestCluster } from '@cachex/router/testing';
import { it } from 'vitest';
import type { Action } from '../src/action.ts';
import { actions } from '../src/actions/index.ts';
import { type ClusterCacheSettings, ClusterNode, join } from '../src/cluster/index.ts';
import { type Actions, type CacheStats, type Call, createCache, type FunctionMap } from '../src/index.ts';
import { ManualClock } from './manual-clock.ts';

type Functions = FunctionMap<Key, unknown>;

/** What a cache is opened with; anything a node of a cluster takes. */
export type Options = ClusterCacheSettings<Key, unknown, Functions>;

/** A cache as one node sees it. Whatever it is underneath, its methods answer promises. */
export type Facade = Omit<Actions<Key, unknown, 'async', Functions>, Iterating> & {
  readonly [N in Iterating]: (
    ...args: Parameters<Actions<Key, unknown, 'async', Functions>[N]>
  ) => Promise<Iterated[]>;
} & {
  call(call: Call): Promise<unknown>;
};

/** Methods that answer piece by piece; here they gather the pieces. */
type Iterating = 'stream' | 'entries' | 'export';

// biome-ignore lint/suspicious/noExplicitAny: what a query selects, and pairs.
type Iterated = any;

/** One cache, opened wherever the set-up has a node. */
export interface Opened {
  /** The name it was opened under. */
  readonly name: string;
  /** The cache as the first node sees it. */
  readonly cache: Facade;
  /** The same cache as each node sees it. */
  readonly everywhere: readonly Facade[];
  /** The cache as the owner of `key` sees it. */
  owner(key: Key): Facade;
  /** The cache as a node sees it that does not own `key`; the only node, where there is just one. */
  stranger(key: Key): Facade;
  /** What was counted at each node, added up. */
  counted(): Promise<Omit<CacheStats, 'hitRate' | 'missRate'>>;
  /** Lets time pass for the entries of this cache. */
  advance(ms: number): void;
}

/** A place where a cache can live. It starts when it is first used. */
export interface SetUp {
  readonly name: string;
  /** Whether values and errors are as they would be beside other nodes. */
  readonly clustered: boolean;
  /** Whether the same nodes are there throughout; what is counted at a node goes with it. */
  readonly steady: boolean;
  /** Where they are not: how many of the nodes that are to join, leave and die have yet to do so in the body that runs. */
  awaited?(): number;
  readonly nodes: number;
  /** Opens a new cache; `options` may differ from node to node. */
  open(options?: Options | ((node: number) => Options)): Promise<Opened>;
  /** Lets as much time pass as `work` takes, where time is simulated. */
  run<T>(work: Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** Fewer than by default, for clusters that are started for every file. */
const partitions = 256;

/** Every set-up. A body of tests that passes in all of them holds wherever a cache lives. */
export const setUps: readonly SetUp[] = [
  local(),
  simulated('on one strict node', ['a'], true),
  simulated('on three nodes', ['a', 'b', 'c'], false),
  sockets('on three nodes over sockets', ['a', 'b', 'c']),
  churning('while a node joins, one leaves and one dies', ['a', 'b', 'c']),
];

/** The set-ups in which a call may leave its node. */
export const clusters: readonly SetUp[] = setUps.filter(({ clustered }) => clustered);

/** A test of what is counted at nodes, where they all stay. */
export function itSteadily(setUp: SetUp, name: string, body: () => Promise<void>): void {
  if (setUp.steady) it(name, body);
}

function local(): SetUp {
  const caches: { close(): void }[] = [];
  return {
    name: 'in this process',
    clustered: false,
    steady: true,
    nodes: 1,
    async open(options = {}) {
      const clock = new ManualClock();
      const given = typeof options === 'function' ? options(0) : options;
      const name = `cache-${caches.length + 1}`;
      const cache = createCache<Key, unknown>({ name, clock, ...given });
      caches.push(cache);
      return opened(name, [facade(cache, (work) => work())], clock, () => 0);
    },
    run: (work) => work,
    async close() {
      for (const cache of caches.splice(0)) cache.close();
    },
  };
}

/** Nodes in this process, over the memory transport, on a clock that moves as far as each call needs. */
function simulated(name: string, ids: readonly string[], strict: boolean): SetUp {
  const cluster = new TestCluster({ seed: ids.length });
  return clustered(
    name,
    ids,
    // Simulated time flies while a test is busy with something else.
    (id) => cluster.run(join(cluster.options(id, { strict, partitions, timeout: 600_000 }))),
    (work) => cluster.run(work),
    async () => {},
  );
}

/** Nodes in this process that meet in a directory of their own and talk over Unix sockets, in real time. */
function sockets(name: string, ids: readonly string[]): SetUp {
  let directory: string | undefined;
  return clustered(
    name,
    ids,
    async (id) => {
      directory ??= await mkdtemp(joinPath(tmpdir(), 'cachex-'));
      // They share a thread, and with it other tests: silence is not the subject.
      return join({ cluster: 'test', directory, id, partitions, settle: 1, failureAfter: '1m' });
    },
    (work) => work,
    async () => {
      if (directory !== undefined) await rm(directory, { recursive: true });
      directory = undefined;
    },
  );
}

function clustered(
  name: string,
  ids: readonly string[],
  joinAs: (id: string) => Promise<ClusterNode>,
  run: <T>(work: Promise<T>) => Promise<T>,
  cleanUp: () => Promise<void>,
): SetUp {
  let started: Promise<ClusterNode[]> | undefined;
  let caches = 0;
  const start = async (): Promise<ClusterNode[]> => {
    const nodes: ClusterNode[] = [];
    for (const id of ids) nodes.push(await joinAs(id));
    for (const node of nodes) await run(node.ready());
    return nodes;
  };
  return {
    name,
    clustered: true,
    steady: true,
    nodes: ids.length,
    async open(options = {}) {
      started ??= start();
      const nodes = await started;
      caches += 1;
      const cacheName = `cache-${caches}`;
      const clock = new ManualClock();
      const facades = nodes.map((node, index) => {
        const given = typeof options === 'function' ? options(index) : options;
        const cache = node.cache<Key, unknown>(cacheName, { clock, ...given });
        return facade(cache, (work) => run(work() as Promise<unknown>));
      });
      return opened(cacheName, facades, clock, (key) => ids.indexOf(nodes[0]!.route(key).owner!));
    },
    run,
    async close() {
      for (const node of (await started) ?? []) await run(node.close());
      started = undefined;
      await cleanUp();
    },
  };
}

/**
 * Nodes in this process with one backup of everything. While a body makes its first calls another node joins, one dies
 * without a word, and one leaves; those whose facades the body has stay. Each body has a cluster of its own.
 */
function churning(name: string, ids: readonly string[]): SetUp {
  const clusters: TestCluster[] = [];
  /** Where time passes now. */
  let latest: TestCluster | undefined;
  let awaited = 0;
  return {
    name,
    clustered: true,
    steady: false,
    awaited: () => awaited,
    nodes: ids.length,
    async open(options = {}) {
      const cluster = new TestCluster({ seed: 7 + clusters.length });
      clusters.push(cluster);
      latest = cluster;
      const clock = new ManualClock();
      const cacheName = 'cache-1';
      const enter = async (id: string): Promise<{ node: ClusterNode; cache: object }> => {
        const node = new ClusterNode(
          await cluster.enter(id, { partitions: 64, backups: 1, timeout: 600_000 }),
        );
        const index = Math.max(0, ids.indexOf(id));
        const given = typeof options === 'function' ? options(index) : options;
        return { node, cache: node.cache<Key, unknown>(cacheName, { clock, ...given }) };
      };
      const members = new Map<string, Awaited<ReturnType<typeof enter>>>();
      for (const id of [...ids, 'leaver', 'victim']) members.set(id, await cluster.run(enter(id)));
      const node = members.get(ids[0]!)!.node;
      while (node.status().underReplicated > 0 || node.status().moving > 0) await cluster.clock.advance(10);

      const during = (promise: Promise<unknown>): void => void promise.catch(() => {});
      const events: { allowed(action: string): boolean; happen(): void }[] = [
        { allowed: () => true, happen: () => {} },
        { allowed: () => true, happen: () => during(enter('joiner')) },
        // What a call about many keys has done at a node that dies before it answers, nobody can tell.
        { allowed: survives, happen: () => cluster.crash('victim') },
        { allowed: () => true, happen: () => during(members.get('leaver')!.node.leave()) },
      ];
      // A call that is sent to who has died a moment ago is one that he may have executed.
      const noticed = async (): Promise<void> => {
        const isDead = cluster.nodes.every(({ id }) => id !== 'victim');
        const isUp = (): boolean => cluster.nodes.some((each) => each.status().members.some(isUpVictim));
        while (isDead && isUp()) await new Promise<void>((resolve) => void cluster.clock.after(1, resolve));
      };
      awaited = events.length;
      let due: { allowed(action: string): boolean; happened: Promise<void> } | undefined;
      const facades = ids.map((id) =>
        facade(members.get(id)!.cache, async (work, action) => {
          // What is not allowed to happen during this call happens before it.
          if (due?.allowed(action) === false) await cluster.run(due.happened);
          const running = work() as Promise<unknown>;
          if (events[0]?.allowed(action) === true) {
            const { allowed, happen } = events.shift()!;
            awaited = events.length;
            // Once the call is on its way.
            const happened = new Promise<void>((resolve) => {
              cluster.clock.after(1, () => resolve(happen()));
            });
            due = { allowed, happened: happened.then(noticed) };
          }
          return cluster.run(running);
        }),
      );
      const ownerOf = (key: Key): number => Math.max(0, ids.indexOf(node.route(key).owner!));
      return opened(cacheName, facades, clock, ownerOf, true);
    },
    run: (work) => (latest === undefined ? work : latest.run(work)),
    async close() {
      // What is left of them runs on a clock that nobody moves any more.
      clusters.length = 0;
      latest = undefined;
    },
  };
}

function isUpVictim({ id, up }: { readonly id: string; readonly up: boolean }): boolean {
  return id === 'victim' && up;
}

function survives(name: string): boolean {
  const action = actions[name as keyof typeof actions];
  return action !== undefined && (action.effect === 'read' || action.route.kind === 'keyed');
}

function opened(
  name: string,
  everywhere: readonly Facade[],
  clock: ManualClock,
  ownerOf: (key: Key) => number,
  others = false,
): Opened {
  const [cache] = everywhere;
  return {
    name,
    cache: cache!,
    everywhere,
    owner: (key) => everywhere[ownerOf(key)]!,
    stranger: (key) => everywhere[(ownerOf(key) + 1) % everywhere.length]!,
    counted: () => counted(everywhere, others),
    advance: (ms) => clock.advance(ms),
  };
}

/** The methods of a cache, each answering by promise and letting time pass until it does. */
function facade(cache: object, run: (work: () => unknown, action: string) => unknown): Facade {
  const methods = Object.entries(cache).filter(([, method]) => typeof method === 'function');
  return Object.fromEntries(
    methods.map(([name, method]) => [
      name,
      (actions[name as keyof typeof actions] as Action | undefined)?.answers === 'iterable'
        ? (...args: unknown[]) =>
            gathered(
              () => method(...args),
              (step) => run(step, name),
            )
        : async (...args: unknown[]) => run(() => method(...args), name),
    ]),
  ) as unknown as Facade;
}

/** All that a method answers piece by piece, each piece awaited by `run`. */
async function gathered(
  begin: () => Iterator<unknown> | AsyncIterator<unknown>,
  run: (step: () => unknown) => unknown,
): Promise<unknown[]> {
  const steps = begin();
  const pieces: unknown[] = [];
  for (;;) {
    const { done, value } = (await run(() => steps.next())) as IteratorResult<unknown>;
    if (done === true) return pieces;
    pieces.push(value);
  }
}

/** What was counted at these nodes; with `others`, also at those that nobody has a facade of. */
async function counted(
  everywhere: readonly Facade[],
  others: boolean,
): Promise<Omit<CacheStats, 'hitRate' | 'missRate'>> {
  const total = {
    hits: 0,
    misses: 0,
    writes: 0,
    updates: 0,
    removals: 0,
    loads: 0,
    expirations: 0,
    evictions: 0,
    invocations: 0,
    calls: {} as Record<string, number>,
  };
  for (const one of others ? everywhere.slice(0, 1) : everywhere) {
    const { hitRate: _hits, missRate: _misses, calls, ...counters } = await one.stats({ cluster: others });
    for (const [name, amount] of Object.entries(counters)) total[name as keyof typeof counters] += amount;
    for (const [name, amount] of Object.entries(calls)) total.calls[name] = (total.calls[name] ?? 0) + amount;
  }
  delete total.calls.stats;
  return total;
}
