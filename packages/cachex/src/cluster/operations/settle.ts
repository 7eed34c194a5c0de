import type { Encoded } from '@cachex/router';
import type { LoadResult } from '../../local/loads.ts';
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
  ): boolean => {
    const result: LoadResult =
      what === 'failed'
        ? { kind: 'failed', error: node.codec.decodeError((held as Encoded).bytes) }
        : { kind: 'loaded', held, store: what === 'store', ttl };
    return engine.loads.settle(engine, token, result);
  };
