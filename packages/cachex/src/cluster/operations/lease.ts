import type { Key } from '@cachex/router/hash';
import type { Found, LoadOptions } from '../../local/loads.ts';
import type { Operation } from '../operation.ts';

/** What the owner of a key answers to whoever wants to load it. */
export type LeaseAnswer =
  | readonly [kind: 'value', held?: unknown]
  /** Load it. */
  | readonly [kind: 'load']
  /** Load it, and this is a stale value. */
  | readonly [kind: 'refresh', stale: unknown];

/**
 * A caller wants the value of a key, and would load it. It gets the value if there is one, or that of the load in flight
 * once that has ended; else it is asked to load, under a lease of so many ms. Whoever waits for a load that is lost or moves
 * away is judged again, in order: the first becomes the next to load. Asked twice with one token, it is the same load.
 */
export const lease: Operation =
  ({ engine, values }) =>
  (
    { hash },
    key: Key,
    token: string,
    ms: number,
    options: Pick<LoadOptions, 'softTimeout' | 'forceRefresh'>,
  ): LeaseAnswer | Promise<LeaseAnswer> => {
    const answer = (held: unknown): LeaseAnswer =>
      held === undefined ? ['value'] : ['value', values.answer(held)];
    const found: Found = engine.loads.find(engine, key, hash, options);
    if (found.kind === 'value') return answer(found.held);
    if (found.kind === 'flight' && found.token !== token)
      return found.answer instanceof Promise ? found.answer.then(answer) : answer(found.answer);
    if (found.kind === 'nothing') engine.loads.adopt({ key, hash, token, lease: ms });
    return found.stale === undefined ? ['load'] : ['refresh', values.answer(found.stale)];
  };
