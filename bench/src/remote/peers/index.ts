import type { RemoteCandidate } from '../client.ts';

/** Where candidates are, by what their names begin with. Each is loaded alone in the process that measures it. */
const folder = {
  cachex: () => import('./cachex.ts'),
  'node-redis': () => import('./node-redis.ts'),
  ioredis: () => import('./ioredis.ts'),
  keyv: () => import('./keyv.ts'),
  cacheable: () => import('./cacheable.ts'),
  bentocache: () => import('./bentocache.ts'),
  NATS: () => import('./nats.ts'),
} as const;

const families = Object.keys(folder) as (keyof typeof folder)[];

/** The candidate of that name. */
export async function remoteCandidateOf(name: string): Promise<RemoteCandidate> {
  const of = families.find((own) => name.startsWith(own));
  const found =
    of === undefined ? undefined : (await folder[of]()).candidates.find((one) => one.name === name);
  if (found === undefined) throw new Error(`there is no candidate '${name}'`);
  return found;
}

/** All that can be measured. */
export async function allRemoteCandidates(): Promise<readonly RemoteCandidate[]> {
  const modules = await Promise.all(families.map((name) => folder[name]()));
  return modules.flatMap(({ candidates }) => candidates);
}
