import { Adaptive } from './adaptive.ts';
import { Fifo } from './fifo.ts';
import { Lru } from './lru.ts';
import { Lrw } from './lrw.ts';
import type { PolicyFactory } from './policy.ts';
import { S3Fifo } from './s3fifo.ts';

/** The names under which a limit chooses a policy. */
export type PolicyName = 'adaptive' | 's3fifo' | 'lru' | 'lrw' | 'fifo';

export const policies: Readonly<Record<PolicyName, PolicyFactory>> = {
  adaptive: (resident) => new Adaptive(resident),
  s3fifo: (resident) => new S3Fifo(resident),
  lru: () => new Lru(),
  lrw: () => new Lrw(),
  fifo: () => new Fifo(),
};
