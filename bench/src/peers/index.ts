import type { Candidate } from '../candidate.ts';

/** Where candidates are, by package. Each is loaded alone in the process that measures it. */
const folder = {
  cachex: () => import('./cachex.ts'),
  Map: () => import('./map.ts'),
  'lru-cache': () => import('./lru-cache.ts'),
  'quick-lru': () => import('./quick-lru.ts'),
  'tiny-lru': () => import('./tiny-lru.ts'),
  'lru.min': () => import('./lru.min.ts'),
  mnemonist: () => import('./mnemonist.ts'),
  '@isaacs/ttlcache': () => import('./ttlcache.ts'),
  'node-cache': () => import('./node-cache.ts'),
  keyv: () => import('./keyv.ts'),
  cacheable: () => import('./cacheable.ts'),
  'cache-manager': () => import('./cache-manager.ts'),
  bentocache: () => import('./bentocache.ts'),
} as const;

/** The packages that are measured; `Map` is none, but the limit. */
export const packages = Object.keys(folder) as readonly (keyof typeof folder)[];

/** All that can be measured. */
export async function allCandidates(): Promise<readonly Candidate[]> {
  const modules = await Promise.all(packages.map((name) => folder[name]()));
  return modules.flatMap(({ candidates }) => candidates);
}

/** The candidate of that name; its name begins with that of its package. */
export async function candidateOf(name: string): Promise<Candidate> {
  const of = packages.find((own) => name === own || name.startsWith(`${own} `));
  const found =
    of === undefined ? undefined : (await folder[of]()).candidates.find((one) => one.name === name);
  if (found === undefined) throw new Error(`there is no candidate '${name}'`);
  return found;
}
