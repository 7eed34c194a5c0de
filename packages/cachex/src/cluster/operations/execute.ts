import type { Key } from '@cachex/router/hash';
import { execute as executeFunction } from '../../actions/execute.ts';
import { executeAction } from '../../bind.ts';
import { executeNamed } from '../../local/execute-named.ts';
import { located } from '../located.ts';
import type { Operation } from '../operation.ts';

/** Runs a function of the cache beside the data of a key, which this node owns as it begins. */
export const execute: Operation =
  ({ node, engine, values, cache }) =>
  async (_context, name: string, key: Key, held: unknown): Promise<unknown> => {
    try {
      const args = values.open(held) as readonly unknown[];
      const here = { ...executeFunction, execute: () => executeNamed(engine, cache, name, key, args) };
      return values.hold(await executeAction(engine, here, [], [name, { key, args }]));
    } catch (error) {
      throw located(error, node.id);
    }
  };
