import { hashKey, type Key } from '@cachex/router/hash';
import type { CallOptions, LocalAction, Mode, Reply } from '../action.ts';
import { describe, suggestion } from '../describe.ts';
import { CacheError } from '../errors.ts';
import type { Engine } from '../local/engine.ts';
import {
  type CacheRecord,
  cacheRecord,
  entryRecord,
  expiredKeys,
  type JanitorRecord,
  janitorRecord,
  type RawEntry,
} from '../local/inspection.ts';
import { memoryOf } from '../local/memory.ts';
import { checkKey, nameFrom, optionsParameter, type Parameter } from '../parameters.ts';

/** Options of `inspect`. */
export interface NodeOption {
  /** In a cluster: the id of the node that is to answer. Default: this one. */
  node?: string;
}

export interface Inspect<K extends Key, V, M extends Mode> {
  /** The record of the cache: its name, size, options in force, hooks, warmers. */
  inspect(what: 'cache', options?: NodeOption & CallOptions[M]): Reply<M, CacheRecord>;
  /** The entry of `key` as it lies in memory, expired or not; `undefined` if this node holds none. Not a use of it. */
  inspect(what: 'entry', key: K, options?: NodeOption & CallOptions[M]): Reply<M, RawEntry<K, V> | undefined>;
  /** How many entries have expired and are still in memory. */
  inspect(what: 'expired', options?: NodeOption & CallOptions[M]): Reply<M, number>;
  /** The keys of those. */
  inspect(what: 'expired', list: 'keys', options?: NodeOption & CallOptions[M]): Reply<M, K[]>;
  /** The last sweep for expired entries, and when the next one begins. */
  inspect(what: 'janitor', options?: NodeOption & CallOptions[M]): Reply<M, JanitorRecord>;
  /** About how many bytes the entries take. An estimate; above 10,000 entries it is made of a sample. */
  inspect(what: 'memory', options?: NodeOption & CallOptions[M]): Reply<M, number>;
}

const subjects = ['cache', 'entry', 'expired', 'janitor', 'memory'] as const;

const subject: Parameter<string> = {
  kind: 'plain',
  check(input) {
    if ((subjects as readonly unknown[]).includes(input)) return input as string;
    const hint = suggestion(typeof input === 'string' ? input : '', subjects);
    throw new CacheError('INVALID_OPTION', `what: ${describe(input)} cannot be inspected; ${hint}`);
  },
};

const detail: Parameter<unknown> = { kind: 'plain', check: (input) => input };

export const inspect: LocalAction<[what: string, detail: unknown, options: NodeOption | undefined], unknown> =
  {
    name: 'inspect',
    effect: 'read',
    repeatable: true,
    route: { kind: 'local' },
    parameters: [subject, detail, optionsParameter<NodeOption>({ node: nameFrom })],
    result: 'plain',
    arrange([what, second, third]) {
      if (what === 'entry') return [what, checkKey(second), third];
      return what === 'expired' && second === 'keys' ? [what, second, third] : [what, undefined, second];
    },
    execute(engine, what, more, options) {
      if (options?.node !== undefined)
        throw new CacheError('INVALID_OPTION', 'node: there are no other nodes');
      return inspectHere(engine, what, more);
    },
  };

/** What this node has to say about it. */
export function inspectHere(engine: Engine, what: string, more: unknown): unknown {
  switch (what) {
    case 'cache':
      return cacheRecord(engine);
    case 'entry':
      return entryRecord(engine, more as Key, hashKey(more as Key));
    case 'expired':
      return more === 'keys' ? expiredKeys(engine) : expiredKeys(engine).length;
    case 'janitor':
      return janitorRecord(engine);
    default:
      return memoryOf(engine);
  }
}
