import type { ClusterCache } from 'cachex/cluster';
import { outcomeOf } from 'cachex/testing';
import { type Asked, type CacheName, cacheNames, type Ended, machineTime } from './messages.ts';
import { windowAt } from './windows.ts';

export type Caches = Readonly<Record<CacheName, ClusterCache<string, unknown>>>;

/** Who asks, and is told of. */
export interface Client {
  readonly caches: Caches;
  readonly name: string;
  /** How many operations it has asked for. */
  asked: number;
  /** Resolves once it is known outside this process. */
  tell(what: Asked | Ended): Promise<void>;
}

/** Keys of a window and a cache: few, so that clients meet. */
const keys = { entry: 10, counter: 4 } as const;
/** How long a client rests between two operations, in ms, at most. */
const rest = 40;

type Perform = (cache: ClusterCache<string, unknown>, key: string, args: readonly unknown[]) => unknown;

interface Action {
  readonly name: string;
  readonly weight: number;
  /** A value that nobody else writes, for those that write one. */
  readonly writes?: boolean;
  readonly perform: Perform;
}

const entryActions: readonly Action[] = [
  { name: 'get', weight: 8, perform: (cache, key) => cache.get(key) },
  { name: 'exists', weight: 1, perform: (cache, key) => cache.exists(key) },
  { name: 'put', weight: 6, writes: true, perform: (cache, key, [value]) => cache.put(key, value) },
  { name: 'add', weight: 2, writes: true, perform: (cache, key, [value]) => cache.add(key, value) },
  {
    ...{ name: 'update', weight: 2, writes: true },
    perform: (cache, key, [value]) => cache.update(key, () => value),
  },
  { name: 'take', weight: 1, perform: (cache, key) => cache.take(key) },
  { name: 'del', weight: 1, perform: (cache, key) => cache.del(key) },
];
const counterActions: readonly Action[] = [
  { name: 'incr', weight: 4, perform: (cache, key) => cache.incr(key) },
  { name: 'decr', weight: 1, perform: (cache, key) => cache.decr(key) },
  { name: 'get', weight: 2, perform: (cache, key) => cache.get(key) },
];

/** Asks for one operation after another until it is over, and tells of each before and after it. */
export async function load(client: Client, random: () => number, over: () => boolean): Promise<void> {
  while (!over()) {
    const cache = pick(cacheNames, random);
    const kind = random() < 0.3 ? 'counter' : 'entry';
    const action = weighted(kind === 'counter' ? counterActions : entryActions, random);
    const window = windowAt(machineTime());
    const key = `${kind}-${window}-${Math.floor(random() * keys[kind])}`;
    await perform(client, { cache, window, key, action });
    await new Promise((resolve) => setTimeout(resolve, random() * rest));
  }
}

/** Reads each of some keys once. */
export async function readAll(
  client: Client,
  cache: CacheName,
  window: number,
  names: readonly string[],
): Promise<void> {
  const [action] = entryActions as [Action];
  for (const key of names) await perform(client, { cache, window, key, action });
}

interface Wanted {
  readonly cache: CacheName;
  readonly window: number;
  readonly key: string;
  readonly action: Action;
}

async function perform(client: Client, { cache, window, key, action }: Wanted): Promise<void> {
  const { caches, name, tell } = client;
  client.asked += 1;
  const asked = client.asked;
  const args = action.writes === true ? [`${name}:${asked}`] : [];
  await tell({ asked, client: name, cache, window, key, action: action.name, args, at: machineTime() });
  const ended = { ended: asked, client: name };
  try {
    const result = await action.perform(caches[cache], key, args);
    await tell({ ...ended, at: machineTime(), outcome: 'ok', result });
  } catch (error) {
    const { code } = error as { code?: string };
    await tell({ ...ended, at: machineTime(), outcome: outcomeOf(error), code });
  }
}

function pick<T>(list: readonly T[], random: () => number): T {
  return list[Math.floor(random() * list.length)]!;
}

/** One of them, more often the heavier it is. */
export function weighted<T extends { readonly weight: number }>(list: readonly T[], random: () => number): T {
  let left = random() * list.reduce((sum, { weight }) => sum + weight, 0);
  for (const each of list) {
    left -= each.weight;
    if (left < 0) return each;
  }
  return list.at(-1)!;
}
