import type { Suite } from '../suite.ts';

/** The suites by name: a new one is a file of this folder that exports `run`, and a line here. */
export const suites: Readonly<Record<string, () => Promise<{ readonly run: Suite }>>> = {
  local: () => import('./local.ts'),
  memory: () => import('./memory.ts'),
  hitratio: () => import('./hitratio.ts'),
  remote: () => import('./remote.ts'),
  routing: () => import('./routing.ts'),
  rebalance: () => import('./rebalance.ts'),
  threads: () => import('./threads.ts'),
  scale: () => import('./scale.ts'),
};
