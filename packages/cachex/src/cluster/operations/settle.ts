import type { Encoded } from '@cachex/router';
import type { LoadResult } from '../../local/loader-runs.ts';
import type { Operation } from '../operation.ts';

/** Takes the result of a load whose key this node owns by now; see `settleLoad`. */
export const settle: Operation =
  ({ node, engine }) =>
  (
    _context,
    token: string,
    held: unknown,
    what: 'failed' | 'store' | 'answer',
    ttl: number | null | undefined,
    staleFor: number | undefined,
    tags: readonly string[] | undefined,
  ): boolean => {
    const result: LoadResult =
      what === 'failed'
        ? { kind: 'failed', error: node.codec.decodeError((held as Encoded).bytes) }
        : { kind: 'loaded', held, store: what === 'store', ttl, staleFor, tags };
    return engine.loads.settle(engine, token, result);
  };
