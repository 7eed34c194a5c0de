import type { Key } from '@cachex/router/hash';
import { executeNamed } from '../../local/execute-named.ts';
import { located } from '../located.ts';
import type { Operation } from '../operation.ts';

/** Runs a function of the cache beside the data of a key, which this node owns as it begins. */
export const execute: Operation =
  ({ node, engine, values, cache }) =>
  async (_context, name: string, key: Key, args: unknown): Promise<unknown> => {
    try {
      const given = values.open(args) as readonly unknown[];
      const result = await executeNamed(engine, cache, name, key, given);
      return values.hold(result);
    } catch (error) {
      throw located(error, node.id);
    }
  };
