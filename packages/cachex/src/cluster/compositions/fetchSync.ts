import { CacheError } from '../../errors.ts';
import type { Composition } from '../composition.ts';

/** The key may be at another node, which nobody can ask without waiting. */
export const fetchSync: Composition<readonly unknown[]> = {
  applies: () => true,
  compose({ name }) {
    throw new CacheError(
      'INVALID_OPTION',
      `fetchSync: cache '${name}' is shared by a cluster, where the key may be at another node; use fetch`,
    );
  },
};
