import type { Call, Part, RoutedNode, Shares } from '@cachex/router';
import type { Key } from '@cachex/router/hash';
import type { Methods } from '../action.ts';
import { CacheError } from '../errors.ts';
import type { Engine } from '../local/engine.ts';
import type { CallSettings } from './call-options.ts';
import type { WireForm } from './wire-form.ts';

/** What callers share: the cache as this node has it. */
export interface CallerOptions {
  readonly name: string;
  readonly node: RoutedNode;
  readonly engine: Engine;
  readonly values: WireForm;
}

/** How one operation is called. */
export interface OperationOptions {
  /** Whether executing it twice does no harm; see {@link Action}. Default: `false`. */
  readonly repeatable?: boolean;
  /** Whether it leaves every value as it is. Default: `false`. */
  readonly reads?: boolean;
  /** In ms; never more than what is left of the call that it is a part of. Default: all of that. */
  readonly timeout?: number;
}

/** One call of an action that runs here, at its caller: what it is made of, and the time it has. */
export class Caller implements CallerOptions {
  readonly name: string;
  readonly node: RoutedNode;
  readonly engine: Engine;
  readonly values: WireForm;
  /** The cache as the user has it; its methods answer promises. */
  readonly cache: Methods;
  readonly settings: CallSettings;
  readonly #deadline: number;

  constructor({ name, node, engine, values }: CallerOptions, cache: Methods, settings: CallSettings) {
    this.name = name;
    this.node = node;
    this.engine = engine;
    this.values = values;
    this.cache = cache;
    this.settings = settings;
    this.#deadline = node.clock.now() + (settings.timeout ?? node.timeout);
  }

  /** How much of the time of this call is left, in ms; never less than 0. */
  get remaining(): number {
    return Math.max(0, this.#deadline - this.node.clock.now());
  }

  /** Calls an operation for every partition, or for this node's share, at its owner. */
  operateAll<T>(
    operation: string,
    args: readonly unknown[],
    { repeatable = false }: Pick<OperationOptions, 'repeatable'> = {},
  ): Promise<readonly Part<T>[]> {
    const call = { ...this.#call(operation, args), repeatable, timeout: Math.max(1, this.remaining) };
    return this.node.dispatch.callAll<T>(call, sharesOf(this.node, this.settings, args));
  }

  /** Calls a handler at one node. */
  callNode(
    id: string,
    handler: string,
    args: readonly unknown[],
    { repeatable = false, timeout: most = Number.POSITIVE_INFINITY }: OperationOptions = {},
  ): Promise<unknown> {
    const { signal } = this.settings;
    // Not zero: the router refuses that, where a call that comes too late is told so.
    const timeout = Math.max(1, Math.min(most, this.remaining));
    return this.node.dispatch.callNode(id, {
      ...{ service: this.name, handler, args, repeatable, timeout },
      ...(signal === undefined ? {} : { signal }),
    });
  }

  /** Calls an operation at the owner of the key with this hash, wherever that moves. */
  operate(
    operation: string,
    hash: number,
    args: readonly unknown[],
    { repeatable = false, reads, timeout = Number.POSITIVE_INFINITY }: OperationOptions = {},
  ): Promise<unknown> {
    const { remaining } = this;
    if (remaining <= 0) return Promise.reject(this.#late(operation));
    return this.node.dispatch.call(hash, {
      ...this.#call(operation, args),
      ...{ repeatable, reads },
      timeout: Math.min(timeout, remaining),
    });
  }

  #call(operation: string, args: readonly unknown[]): Call {
    const { signal } = this.settings;
    const call = { service: this.name, handler: operationHandler(operation), args };
    return signal === undefined ? call : { ...call, signal };
  }

  #late(operation: string): CacheError {
    return new CacheError('TIMEOUT', `${this.name}.${operation}: its time was over before it was sent`);
  }
}

/**
 * What a call to all partitions is about: with `local` what this node owns as it begins, and everything otherwise. Also what is
 * changed here alone is changed as the owner of a partition may, and told when its copies know.
 */
export function sharesOf(
  node: RoutedNode,
  { local }: CallSettings,
  args: readonly unknown[],
): Shares | undefined {
  if (local !== true) return undefined;
  const partitions = [...node.view.owners.keys()].filter((each) => node.view.owners[each] === node.id);
  return { partitions, args: () => args };
}

/** Refuses with `INVALID_OPTION` a call with `local: true` that would write to a key of another node. */
export function refuseElsewhere(node: RoutedNode, action: string, key: Key): void {
  const { owner } = node.route(key);
  if (owner === node.id) return;
  throw new CacheError(
    'INVALID_OPTION',
    `local: ${action} would write to a key that ${owner ?? 'nobody'} owns; leave \`local\` out and it is routed there`,
  );
}

/** The name under which nodes answer an operation; no action has such a name. */
export function operationHandler(operation: string): string {
  return `$${operation}`;
}

/** Whether nodes answer an operation under that name, and not an action. */
export function isOperation(handler: string): boolean {
  return handler.startsWith('$');
}
