import { balanced, jump, local, modulo, rendezvous, ring } from '@cachex/router';

/** The routers under which clusters are simulated; the first one unless something else is said. */
export const routers = { balanced, ring, rendezvous, jump, modulo, local } as const;

/** What happens in one run; all else follows from the seed. */
export interface Plan {
  readonly seed: number;
  /** How many copies each partition has beside its owner's. */
  readonly backups: 0 | 1 | 2;
  /** Whether the second cache has backups as well. */
  readonly lateBacked: boolean;
  /**
   * Whether nodes die without a word, or leave in a hurry: at any time; or one after another, each when all the copies are
   * there again, so that nothing may be lost.
   */
  readonly crashes: 'never' | 'any time' | 'one by one';
  /** Whether links between live nodes break, with what is on its way. */
  readonly breaks: boolean;
  /**
   * Whether ways between nodes are blocked without a word, in one direction or both, while nodes are quick to suspect each
   * other and their clocks differ. Then live nodes are removed as well.
   */
  readonly blocks: boolean;
  /**
   * Whether, instead of that and of all other faults, one node after another is cut off from everybody but the view store,
   * each when all the copies are there again, so that nothing may be lost.
   */
  readonly cuts: boolean;
  readonly router: keyof typeof routers;
  /** Whether every third node begins a new build. */
  readonly deploys: boolean;
}

/** The plan of a seed: each fifth one is of the same kind. */
export function planOf(seed: number): Plan {
  const backups = (Math.floor(seed / 5) % 3) as Plan['backups'];
  const lateBacked = seed % 2 === 0;
  const calm: Plan = {
    seed,
    backups,
    lateBacked,
    crashes: 'never',
    breaks: false,
    blocks: false,
    cuts: false,
    router: 'balanced',
    deploys: false,
  };
  switch (seed % 5) {
    case 0:
      return { ...calm, breaks: true };
    case 1:
      return calm;
    case 2:
      return { ...calm, crashes: 'any time', breaks: seed % 3 === 0 };
    case 3:
      return { ...calm, crashes: 'one by one', backups: seed % 2 === 0 ? 1 : 2, breaks: seed % 4 === 0 };
    default:
      return { ...calm, crashes: seed % 4 < 2 ? 'any time' : 'never', blocks: true };
  }
}

/** Whether a seed, beside its own plan, is run with that of {@link cutPlanOf}. */
export function isCut(seed: number): boolean {
  return seed % 10 === 4;
}

/** What every second seed of the last kind is run with as well. */
export function cutPlanOf(seed: number): Plan {
  const backups = seed % 4 === 0 ? 1 : 2;
  return { ...planOf(seed), backups, crashes: 'never', breaks: false, blocks: true, cuts: true };
}

/** The plans of a seed under another router; every second one is with deploys as well. */
export function routedPlansOf(seed: number, router: Plan['router']): readonly Plan[] {
  const plans = isCut(seed) ? [planOf(seed), cutPlanOf(seed)] : [planOf(seed)];
  return plans.map((plan) => ({ ...plan, router, deploys: seed % 2 === 0 }));
}
