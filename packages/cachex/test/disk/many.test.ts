import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import { expect, it } from 'vitest';
import { type ClusterNode, join } from '../../src/cluster/index.ts';

/** `ENTRIES=1000000` takes more of them, and prints how long each step took. */
const count = Number(process.env.ENTRIES ?? 50_000);

const lifetimes = [null, 600_000, 3_600_000, 86_400_000];
const ttlOf = (n: number): number | null => (n % 100 === 7 ? -1 : (lifetimes[n % 4] as number | null));
const userOf = (n: number): object => ({ id: n, name: `user ${n}`, active: n % 3 === 0 });

/** What a loaded machine may add to a time while it travels as what is left, in ms. */
const slack = 10_000;

/** Nodes over sockets in this process, each with its share. */
async function start(directory: string, ids: readonly string[]): Promise<ClusterNode[]> {
  const nodes: ClusterNode[] = [];
  for (const id of ids) {
    // They share a thread that is busy for long: silence is not the subject.
    const node = await join({
      cluster: 'many',
      directory,
      id,
      settle: 1,
      timeout: '30s',
      failureAfter: '1m',
    });
    node.cache('users');
    nodes.push(node);
  }
  for (const node of nodes) await node.ready();
  return nodes;
}

it(`of ${count} entries of three nodes, two others have each that lives, with what is left of its time`, async () => {
  const directory = await mkdtemp(joinPath(tmpdir(), 'cachex-'));
  const path = joinPath(directory, 'users.dump');
  const took: Record<string, number> = {};
  const timed = async <T>(name: string, work: Promise<T>): Promise<T> => {
    const began = performance.now();
    const result = await work;
    took[name] = Math.round(performance.now() - began);
    return result;
  };
  function* records(): Generator<{ key: string; value: object; ttl: number | null }> {
    for (let n = 0; n < count; n += 1) yield { key: `user:${n}`, value: userOf(n), ttl: ttlOf(n) };
  }
  const live = count - Math.floor((count + 92) / 100);
  try {
    const three = await start(joinPath(directory, '3'), ['a', 'b', 'c']);
    const began = Date.now();
    expect(await timed('import', three[0]!.cache('users').import(records()))).toBe(live);
    const imported = Date.now();
    expect(await timed('dump', three[1]!.cache('users').dump(path))).toBe(live);
    took.bytes = (await stat(path)).size;
    for (const node of three) await node.close();
    const two = await start(joinPath(directory, '2'), ['d', 'e']);
    expect(await timed('load', two[0]!.cache('users').load(path))).toBe(live);
    let seen = 0;
    const check = async (): Promise<void> => {
      for await (const { key, value, expiration } of two[1]!.cache<string, object>('users').stream()) {
        const n = Number(key.slice(5));
        const ttl = ttlOf(n);
        // `expect` would take most of the time.
        const right =
          ttl === null
            ? expiration === null
            : expiration! >= began + ttl - slack && expiration! <= imported + ttl + slack;
        if (!right || JSON.stringify(value) !== JSON.stringify(userOf(n)))
          expect({ key, value, expiration }).toBe('another');
        seen += 1;
      }
    };
    await timed('stream', check());
    expect(seen).toBe(live);
    for (const node of two) await node.close();
    if (process.env.ENTRIES !== undefined) console.log(took);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}, 600_000);
