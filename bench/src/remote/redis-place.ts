import { Unavailable } from './client.ts';
import type { Place, Places } from './places.ts';

/** Where the server is that was started; what needs one is unavailable without. */
export function redisOf({ redis }: Places): Required<Place> {
  if (redis === undefined) throw new Unavailable('there is no redis-server');
  return redis as Required<Place>;
}

/** Which database has the values of whom, so that none reads what another wrote in its own form. */
export const databases = { JSON: 1, msgpackr: 2, keyv: 3, cacheable: 4, bentocache: 5 } as const;
