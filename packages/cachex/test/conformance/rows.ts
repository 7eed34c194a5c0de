import { expect } from 'vitest';
import { ignore } from '../../src/index.ts';
import { manyKeys } from '../keys.ts';
import { MemoryFiles } from '../memory-files.ts';
import type { Opened, Options, SetUp } from '../set-ups.ts';

/** One function of the original's plan for distribution. */
export interface Row {
  /** Its name and arity there. */
  readonly plan: string;
  /** What the plan promised for a cluster. */
  readonly promised: string;
  /** What the original does in a cluster, as measured. */
  readonly fact: string;
  /** What it is here. */
  readonly here: string;
  readonly options?: Options;
  /** Shows what it does; it is given a new cache, opened with the options. */
  shows(opened: Opened, setUp: SetUp): Promise<void>;
}

const moved =
  'routed; when a node joins or leaves a third of the keys misses, and values from before a join come back after the node has left';
const lossy =
  'read-modify-writes race: beside a writer through `incr`, one through `get_and_update` or a write command lost 46,588 of 559,435 updates on one node, 2,055 of 8,349 between two';
const unmeasured = 'not measured';
const everyNode =
  'asks every node; while one is frozen it blocks for 74 s, then answers from the rest without saying so';

/** Puts 0, 1, 2… under the keys. */
async function fill({ everywhere }: Opened): Promise<void> {
  for (const [n, key] of manyKeys.entries()) await everywhere[n % everywhere.length]!.put(key, n);
}

/** Where dumps are in tests: files take their own time, not that of a simulated clock. */
const files = new MemoryFiles();

const n = manyKeys.length;

export const rows: readonly Row[] = [
  {
    plan: 'clear/2',
    promised: 'all nodes',
    fact: everyNode,
    here: '`clear()`: removes everything everywhere, answers how many entries that were',
    async shows(opened) {
      const { cache, everywhere } = opened;
      await fill(opened);
      expect(await cache.clear()).toBe(n);
      for (const one of everywhere) expect(await one.get(manyKeys[0]!)).toBeUndefined();
      expect([await cache.size(), await cache.clear()]).toEqual([0, 0]);
    },
  },
  {
    plan: 'count/2',
    promised: 'all nodes',
    fact: everyNode,
    here: '`count()`: the live entries of all nodes; expired ones are not counted',
    options: { expiration: { interval: false } },
    async shows(opened) {
      const { cache, everywhere, advance } = opened;
      await fill(opened);
      await cache.put('short', 1, { ttl: 10 });
      expect(await cache.count()).toBe(n + 1);
      advance(10);
      for (const one of everywhere) expect(await one.count()).toBe(n);
    },
  },
  {
    plan: 'decr/4',
    promised: 'routed',
    fact: lossy,
    here: '`decr(key, by, { default })`: as `incr`, with the sign turned',
    async shows({ cache, everywhere }) {
      await cache.put('a', 100);
      for (const one of everywhere) for (let k = 0; k < 3; k += 1) await one.decr('a', 2);
      expect(await cache.get('a')).toBe(100 - everywhere.length * 6);
      expect(await cache.decr('b', 1, { default: 10 })).toBe(9);
    },
  },
  {
    plan: 'del/3',
    promised: 'routed',
    fact: moved,
    here: '`del(key)`, `delete(key)`: answers whether there was a live entry',
    async shows(opened) {
      const { cache, stranger, everywhere } = opened;
      await fill(opened);
      for (const key of manyKeys) expect(await stranger(key).del(key)).toBe(true);
      for (const one of everywhere) expect(await one.delete(manyKeys[0]!)).toBe(false);
      expect(await cache.size()).toBe(0);
    },
  },
  {
    plan: 'dump/3',
    promised: '“not supported”',
    fact: '`save` gathers the whole cluster in one list in memory',
    here: '`dump(path)`, `save(path)`: streams all entries into one compressed, checksummed file of the caller',
    options: { files },
    async shows(opened) {
      const { cache, everywhere, name } = opened;
      await fill(opened);
      const path = `${name} of dump/3`;
      expect(await everywhere.at(-1)!.dump(path)).toBe(n);
      await cache.clear();
      expect(await cache.load(path)).toBe(n);
      for (const [k, key] of manyKeys.entries()) expect(await cache.get(key)).toBe(k);
    },
  },
  {
    plan: 'empty?/2',
    promised: 'all nodes',
    fact: everyNode,
    here: '`isEmpty()`: whether no node has a live entry',
    async shows({ cache, everywhere }) {
      for (const one of everywhere) expect(await one.isEmpty()).toBe(true);
      await cache.put('a', 1);
      for (const one of everywhere) expect(await one.isEmpty()).toBe(false);
      await cache.del('a');
      expect(await cache.isEmpty()).toBe(true);
    },
  },
  {
    plan: 'execute/3',
    promised: '“not supported”',
    fact: unmeasured,
    here: '`execute(fn)`: several operations in one go; `execute(name, { key })` on the owner of the key',
    options: {
      functions: {
        double: async (key: unknown, { cache }: { cache: { get(key: unknown): number } }) =>
          (await cache.get(key)) * 2,
      } as never,
    },
    async shows(opened) {
      const { everywhere } = opened;
      await fill(opened);
      for (const one of everywhere) {
        const values = await one.execute((cache: never) =>
          Promise.all(manyKeys.map((key) => (cache as { get(key: unknown): unknown }).get(key))),
        );
        expect(values).toEqual(manyKeys.map((_, k) => k));
        expect(await one.execute('double', { key: manyKeys[3]! })).toBe(6);
      }
    },
  },
  {
    plan: 'exists?/3',
    promised: 'routed',
    fact: moved,
    here: '`exists(key)`, `has(key)`: whether there is a live entry; no use of it in the eyes of eviction',
    async shows(opened) {
      const { stranger, everywhere, advance, cache } = opened;
      await fill(opened);
      await cache.put('short', 1, { ttl: 10 });
      advance(10);
      for (const key of manyKeys) expect(await stranger(key).exists(key)).toBe(true);
      for (const one of everywhere)
        expect([await one.has('short'), await one.has('nobody')]).toEqual([false, false]);
    },
  },
  {
    plan: 'expire/4',
    promised: 'routed',
    fact: moved,
    here: '`expire(key, ttl)`: a new time to live from now; `null` removes it, zero or less the entry',
    async shows(opened) {
      const { stranger, advance, cache } = opened;
      await fill(opened);
      for (const key of manyKeys) expect(await stranger(key).expire(key, 50)).toBe(true);
      expect([await cache.expire('nobody', 50), await cache.expire(manyKeys[0]!, null)]).toEqual([
        false,
        true,
      ]);
      expect(await cache.expire(manyKeys[1]!, 0)).toBe(true);
      expect(await cache.exists(manyKeys[1]!)).toBe(false);
      advance(50);
      expect([await cache.count(), await cache.ttl(manyKeys[0]!)]).toEqual([1, null]);
    },
  },
  {
    plan: 'expire_at/4',
    promised: 'routed',
    fact: moved,
    here: '`expireAt(key, instant)`: the same with an instant',
    async shows(opened) {
      const { stranger, cache } = opened;
      await fill(opened);
      const later = new Date(Date.UTC(2099, 0, 1));
      for (const key of manyKeys) expect(await stranger(key).expireAt(key, later)).toBe(true);
      expect(await cache.ttl(manyKeys[0]!)).toBeGreaterThan(0);
      expect(await cache.expireAt(manyKeys[1]!, new Date(0))).toBe(true);
      expect([await cache.count(), await cache.expireAt('nobody', later)]).toEqual([n - 1, false]);
    },
  },
  {
    plan: 'fetch/4',
    promised: '“not supported”',
    fact: unmeasured,
    here: '`fetch(key, loader)`: one load in the whole cluster, a closure as well as a name; everyone else waits for it',
    options: { functions: { load: async (key) => `by name ${String(key)}` } },
    async shows({ everywhere, cache }, setUp) {
      let loads = 0;
      const loader = async (key: unknown): Promise<string> => {
        loads += 1;
        await Promise.resolve();
        return `loaded ${String(key)}`;
      };
      for (const key of manyKeys.slice(0, 8)) {
        const answers = await Promise.all(everywhere.map((one) => one.fetch(key, loader as never)));
        expect(new Set(answers)).toEqual(new Set([`loaded ${String(key)}`]));
      }
      // One whose owner dies while it runs may run again.
      if (setUp.steady) expect(loads).toBe(8);
      for (const one of everywhere) expect(await one.fetch('name', 'load')).toBe('by name name');
      await expect(
        cache.fetch('bad', (async () => Promise.reject(new RangeError('no'))) as never),
      ).rejects.toThrow(RangeError);
      expect([
        await cache.fetch('none', (async () => ignore(5)) as never),
        await cache.exists('none'),
      ]).toEqual([5, false]);
    },
  },
  {
    plan: 'get/3',
    promised: 'routed',
    fact: moved,
    here: '`get(key, { default })`: the value, or `undefined`',
    async shows(opened) {
      const { everywhere, cache } = opened;
      await fill(opened);
      for (const [k, key] of manyKeys.entries())
        for (const one of everywhere) expect(await one.get(key)).toBe(k);
      expect([await cache.get('nobody'), await cache.get('nobody', { default: 7 })]).toEqual([undefined, 7]);
    },
  },
  {
    plan: 'get_and_update/4',
    promised: '“not supported”',
    fact: lossy,
    here: '`getAndUpdate(key, fn or name)`: atomic read-modify-write, answers the new value; `ignore(value)` writes nothing',
    async shows({ everywhere, cache, advance }) {
      await cache.put('a', 0, { ttl: 100 });
      const rounds = 4;
      for (let round = 0; round < rounds; round += 1) {
        await Promise.all(
          everywhere.flatMap((one) => [
            one.getAndUpdate('a', ((value: number) => value + 1) as never),
            one.incr('a'),
          ]),
        );
      }
      expect(await cache.get('a')).toBe(2 * rounds * everywhere.length);
      expect(await cache.getAndUpdate('a', (() => ignore('kept out')) as never)).toBe('kept out');
      expect(await cache.get('a')).toBe(2 * rounds * everywhere.length);
      advance(100);
      expect(await cache.get('a')).toBeUndefined();
    },
  },
  {
    plan: 'keys/2',
    promised: 'all nodes',
    fact: everyNode,
    here: '`keys()`: the live keys, each once, also while partitions move',
    async shows(opened) {
      await fill(opened);
      for (const one of opened.everywhere) {
        const keys = (await one.keys()).map((key) => JSON.stringify(key) ?? String(key));
        expect(keys).toHaveLength(n);
        expect(new Set(keys).size).toBe(n);
      }
    },
  },
  {
    plan: 'incr/4',
    promised: 'routed',
    fact: lossy,
    here: '`incr(key, by, { default })`: integer add, creates the key, keeps the expiry; `NON_NUMERIC_VALUE` changes nothing',
    async shows({ everywhere, cache }) {
      for (let k = 0; k < 5; k += 1) await Promise.all(everywhere.map((one) => one.incr('a')));
      expect(await cache.get('a')).toBe(5 * everywhere.length);
      await cache.put('text', 'x');
      await expect(cache.incr('text')).rejects.toMatchObject({ code: 'NON_NUMERIC_VALUE' });
      expect([await cache.get('text'), await cache.incr('b', 5, { default: 10 })]).toEqual(['x', 15]);
    },
  },
  {
    plan: 'inspect/2',
    promised: 'local only',
    fact: 'sees one node only',
    here: '`inspect(what)`: record, entry, expired, janitor, memory; with `{ node }` of another node; and `explain(key)`',
    async shows(opened) {
      const { cache, name } = opened;
      await fill(opened);
      expect(await cache.inspect('cache')).toMatchObject({ name });
      expect(await cache.inspect('entry', 'nobody')).toBeUndefined();
      expect(await cache.explain(manyKeys[0]!)).toMatchObject({ partition: expect.any(Number) });
      expect(await cache.inspect('janitor')).toBeDefined();
      expect(await cache.inspect('memory')).toBeGreaterThanOrEqual(0);
    },
  },
  {
    plan: 'invoke/4',
    promised: 'routed',
    fact: 'routed by the name of the command instead of the key: it runs and locks on the wrong node',
    here: '`invoke(command, key, args)`: a named command, on the owner of the key, atomically',
    options: {
      commands: {
        last: { type: 'read', execute: (value: unknown) => (value as number[]).at(-1) },
        pop: {
          type: 'write',
          execute: (value: unknown) => [(value as number[])[0], (value as number[]).slice(1)],
        },
      },
    } as never,
    async shows({ everywhere, cache }) {
      await cache.put('list', [1, 2, 3, 4, 5, 6]);
      for (const one of everywhere) expect(await one.invoke('last' as never, 'list')).toBe(6);
      const popped = await Promise.all(everywhere.map((one) => one.invoke('pop' as never, 'list')));
      expect([...popped].sort()).toEqual([1, 2, 3].slice(0, everywhere.length));
      await expect(cache.invoke('nope' as never, 'list')).rejects.toMatchObject({ code: 'UNKNOWN_COMMAND' });
    },
  },
  {
    plan: 'load/3',
    promised: '“not supported”',
    fact: '`import` runs on every node: counts are doubled',
    here: '`load(path)`, `restore(path)`: verifies the whole file, then merges it in, routed to the owners, with what is left of each time to live',
    options: { files },
    async shows(opened) {
      const { cache, everywhere, name } = opened;
      await fill(opened);
      await cache.put('short', 1, { ttl: '1h' });
      const path = `${name} of load/3`;
      await cache.dump(path);
      await cache.clear();
      await cache.put(manyKeys[0]!, 'overwritten');
      expect(await everywhere.at(-1)!.restore(path)).toBe(n + 1);
      expect([await cache.size(), await cache.get(manyKeys[0]!)]).toEqual([n + 1, 0]);
      expect(await cache.ttl('short')).toBeLessThanOrEqual(3_600_000);
      await cache.clear();
      const bytes = files.stored.get(path)!;
      bytes[bytes.length >> 1]! ^= 1;
      await expect(cache.load(path)).rejects.toMatchObject({ code: 'INVALID_DUMP' });
      expect(await cache.size()).toBe(0);
    },
  },
  {
    plan: 'persist/3',
    promised: 'routed',
    fact: moved,
    here: '`persist(key)`: removes the expiry',
    async shows({ cache, stranger, advance }) {
      for (const key of manyKeys) await cache.put(key, 1, { ttl: 10 });
      for (const key of manyKeys) expect(await stranger(key).persist(key)).toBe(true);
      advance(10);
      expect([await cache.count(), await cache.persist('nobody')]).toEqual([n, false]);
    },
  },
  {
    plan: 'purge/2',
    promised: 'all nodes',
    fact: everyNode,
    here: '`purge()`: removes what has expired, answers how many entries that were',
    options: { expiration: { interval: false } },
    async shows({ cache, advance }) {
      for (const key of manyKeys) await cache.put(key, 1, { ttl: 10 });
      await cache.put('stays', 1);
      advance(10);
      expect(await cache.size()).toBe(n + 1);
      expect([await cache.purge(), await cache.size()]).toEqual([n, 1]);
    },
  },
  {
    plan: 'put/4',
    promised: 'routed',
    fact: moved,
    here: '`put(key, value, { ttl })`: overwrites value and expiry',
    async shows({ cache, everywhere, stranger, advance }) {
      for (const key of manyKeys) await stranger(key).put(key, 'old', { ttl: 10 });
      for (const key of manyKeys) await cache.put(key, 'new');
      advance(10);
      for (const key of manyKeys) for (const one of everywhere) expect(await one.get(key)).toBe('new');
    },
  },
  {
    plan: 'put_many/3',
    promised: 'only if all keys are on one node',
    fact: unmeasured,
    here: '`putMany(pairs, { ttl })`: any keys, split by owner, sent at once; `{ atomic: true }` asks for one owner, else `CROSS_SLOT`',
    async shows({ cache, everywhere, advance }) {
      await cache.putMany(
        manyKeys.map((key, k) => [key, k] as const),
        { ttl: 10 },
      );
      for (const one of everywhere) expect(await one.getMany(manyKeys)).toEqual(manyKeys.map((_, k) => k));
      advance(10);
      expect(await cache.getMany(manyKeys)).toEqual(manyKeys.map(() => undefined));
    },
  },
  {
    plan: 'refresh/3',
    promised: 'routed',
    fact: moved,
    here: '`refresh(key)`: restarts the entry’s own time to live from now',
    async shows({ cache, stranger, advance }) {
      for (const key of manyKeys) await cache.put(key, 1, { ttl: 10 });
      advance(6);
      for (const key of manyKeys) expect(await stranger(key).refresh(key)).toBe(true);
      advance(6);
      expect([await cache.count(), await cache.ttl(manyKeys[0]!)]).toEqual([n, 4]);
    },
  },
  {
    plan: 'reset/2',
    promised: 'all nodes',
    fact: 'does not reset the hooks of the other nodes',
    here: '`reset({ only, hooks })`: clears, and initialises hooks anew, on every node',
    async shows(opened) {
      const { cache } = opened;
      await fill(opened);
      await cache.reset({ only: ['hooks'] });
      expect(await cache.count()).toBe(n);
      await cache.reset();
      expect(await cache.count()).toBe(0);
    },
  },
  {
    plan: 'set/4, set_many/3',
    promised: 'as put',
    fact: moved,
    here: '`set`, `setMany`: other names of `put` and `putMany`',
    async shows({ cache, stranger }) {
      for (const [k, key] of manyKeys.entries()) await stranger(key).set(key, k);
      expect(await cache.getMany(manyKeys)).toEqual(manyKeys.map((_, k) => k));
      await cache.setMany(manyKeys.map((key) => [key, 'set'] as const));
      expect(await cache.getMany(manyKeys)).toEqual(manyKeys.map(() => 'set'));
    },
  },
  {
    plan: 'size/2',
    promised: 'all nodes',
    fact: `${everyNode}; after a join it counts orphans (26,563 for 20,000 keys), and crashes while a node starts`,
    here: '`size()`: entries in memory, expired ones included; backups never',
    options: { expiration: { interval: false } },
    async shows(opened) {
      const { cache, advance, everywhere } = opened;
      await fill(opened);
      await cache.put('short', 1, { ttl: 10 });
      advance(10);
      for (const one of everywhere) expect(await one.size()).toBe(n + 1);
    },
  },
  {
    plan: 'stats/2',
    promised: 'local only',
    fact: 'sees one node only',
    here: '`stats()` of a node, `stats({ cluster: true })` of all; merged rates come from merged counts',
    options: { stats: true },
    async shows(opened, setUp) {
      const { cache } = opened;
      await fill(opened);
      for (const key of manyKeys) await cache.get(key);
      for (let k = 0; k < n; k += 1) await cache.get(`miss ${k}`);
      const { hits, misses, writes, hitRate } = await cache.stats({ cluster: true } as never);
      // What was counted at a node goes with it.
      if (setUp.steady) expect([hits, misses, writes, hitRate]).toEqual([n, n, n, 0.5]);
      else expect(hits + misses + writes).toBeGreaterThan(0);
    },
  },
  {
    plan: 'stream/3',
    promised: '“makes no sense”',
    fact: unmeasured,
    here: '`stream(query)`: every entry that lives throughout exactly once, in chunks, also while partitions move',
    async shows(opened) {
      await fill(opened);
      for (const one of opened.everywhere) {
        const entries = (await one.stream()) as { value: number }[];
        expect(entries.map(({ value }) => value).sort((a, b) => a - b)).toEqual(manyKeys.map((_, k) => k));
      }
      const some = (await opened.cache.stream({ where: { value: { gte: 3, lt: 6 } } } as never)) as {
        value: number;
      }[];
      expect(some.map(({ value }) => value).sort((a, b) => a - b)).toEqual([3, 4, 5]);
    },
  },
  {
    plan: 'take/3',
    promised: 'routed',
    fact: moved,
    here: '`take(key)`: get and remove, atomically',
    async shows(opened) {
      const { everywhere, cache } = opened;
      await fill(opened);
      for (const [k, key] of manyKeys.entries()) {
        const taken = await Promise.all(everywhere.map((one) => one.take(key)));
        expect(taken.filter((value) => value !== undefined)).toEqual([k]);
      }
      expect(await cache.size()).toBe(0);
    },
  },
  {
    plan: 'touch/3',
    promised: 'routed',
    fact: moved,
    here: '`touch(key)`: updates the time of modification, leaves the instant of expiry',
    async shows({ cache, stranger, advance }) {
      for (const key of manyKeys) await cache.put(key, 1, { ttl: 10 });
      advance(6);
      for (const key of manyKeys) expect(await stranger(key).touch(key)).toBe(true);
      expect([await cache.ttl(manyKeys[0]!), await cache.touch('nobody')]).toEqual([4, false]);
      advance(4);
      expect(await cache.count()).toBe(0);
    },
  },
  {
    plan: 'transaction/4',
    promised: '“not supported”',
    fact: unmeasured,
    here: '`transaction(keys, fn)`: several keys, of any owners, all or nothing',
    async shows({ everywhere, cache }) {
      const accounts = manyKeys.slice(0, 4);
      for (const key of accounts) await cache.put(key, 100);
      type Ledger = { get(key: unknown): Promise<number>; put(key: unknown, value: number): Promise<void> };
      const transfer = (one: (typeof everywhere)[number], from: number, to: number): Promise<unknown> =>
        one.transaction([accounts[from]!, accounts[to]!], (async (ledger: Ledger) => {
          await ledger.put(accounts[from]!, (await ledger.get(accounts[from]!)) - 10);
          await ledger.put(accounts[to]!, (await ledger.get(accounts[to]!)) + 10);
        }) as never);
      await Promise.all(
        everywhere.flatMap((one) => [transfer(one, 0, 1), transfer(one, 1, 2), transfer(one, 2, 3)]),
      );
      const left = everywhere.length * 10;
      expect(await cache.getMany(accounts)).toEqual([100 - left, 100, 100, 100 + left]);
      const failing = (async (ledger: Ledger) => {
        await ledger.put(accounts[0]!, 0);
        throw new RangeError('no');
      }) as never;
      await expect(cache.transaction([accounts[0]!], failing)).rejects.toThrow(RangeError);
      expect(await cache.get(accounts[0]!)).toBe(100 - left);
      expect(await cache.transaction([], (async () => 'no key is locked') as never)).toBe('no key is locked');
    },
  },
  {
    plan: 'ttl/3',
    promised: 'routed',
    fact: moved,
    here: '`ttl(key)`: ms left; `null` when it never expires; `undefined` when there is no entry',
    async shows({ cache, everywhere, advance }) {
      await cache.put('short', 1, { ttl: 100 });
      await cache.put('for ever', 1);
      for (const one of everywhere)
        expect([await one.ttl('short'), await one.ttl('for ever')]).toEqual([100, null]);
      advance(40);
      for (const one of everywhere)
        expect([await one.ttl('short'), await one.ttl('nobody')]).toEqual([60, undefined]);
    },
  },
  {
    plan: 'update/4',
    promised: 'routed',
    fact: moved,
    here: '`update(key, value or fn)`: only if the entry exists; keeps the expiry',
    async shows(opened) {
      const { cache, stranger, everywhere } = opened;
      await fill(opened);
      for (const key of manyKeys) expect(await stranger(key).update(key, 'updated')).toBe(true);
      expect([await cache.update('nobody', 1), await cache.exists('nobody')]).toEqual([false, false]);
      for (const one of everywhere)
        expect(await one.update(manyKeys[0]!, ((value: string) => `${value}!`) as never)).toBe(true);
      expect(await cache.get(manyKeys[0]!)).toBe(`updated${'!'.repeat(everywhere.length)}`);
    },
  },
];
