import { Adaptive } from './adaptive.ts';
import { Ordered } from './ordered.ts';
import type { PolicyFactory } from './policy.ts';
import { S3Fifo } from './s3fifo.ts';

/** The names under which a limit chooses a policy. */
export type PolicyName = 'adaptive' | 's3fifo' | 'lru' | 'lrw' | 'fifo';

export const policies: Readonly<Record<PolicyName, PolicyFactory>> = {
  adaptive: (resident) => new Adaptive(resident),
  s3fifo: (resident) => new S3Fifo(resident),
  lru: () => new Ordered('lru'),
  lrw: () => new Ordered('lrw'),
  fifo: () => new Ordered('fifo'),
};
