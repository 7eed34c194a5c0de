import type { Encoded } from './encoded.ts';
import { RouterError } from './errors.ts';
import { type Key, partitionOf } from './hash.ts';
import type { Call } from './journey.ts';
import { KeyedReplica } from './keyed-replica.ts';
import type { RoutedNode } from './node.ts';
import type { Handler } from './services.ts';

/** The methods of an actor, as any node calls them. */
export type ActorCalls<A> = {
  readonly [M in keyof A as A[M] extends (...args: never[]) => unknown ? M : never]: A[M] extends (
    ...args: infer P
  ) => infer R
    ? (...args: P) => Promise<R>
    : never;
};

/** Finds the actor of a key, wherever it is. */
export type Actors<K extends Key, A> = (
  key: K,
  options?: Pick<Call, 'timeout' | 'signal' | 'repeatable'>,
) => ActorCalls<A>;

/**
 * Offers actors of a class at this node: one for each key, which lives at the owner of that key and moves with it, its
 * state included. Every node of the cluster opens the same name with the same class. Resolves once that is in the view,
 * with the function that finds an actor by its key.
 *
 * The fields of an instance are its state, in copies: after each call they are encoded, and the next call begins with what
 * they were. A field that is missing there has the value that the constructor gives, which is called with the key. An
 * actor whose fields are again those of a new one takes no memory. Private fields (`#name`) are not kept.
 *
 * Methods are synchronous, and one runs at a time for a key: a call happens as a whole, or, if the method throws, not at
 * all. One that takes time is refused with `INVALID_OPTION`: await at the caller, and call again with what came of it.
 *
 * Calls are executed once, however nodes come and go. They reject with what the method throws; with `INVALID_KEY`;
 * `NOT_SERIALIZABLE`, naming the field; `TOO_LARGE` for a state that could not move; and with `TIMEOUT`, `NODE_DOWN`,
 * `OVERLOADED`, `UNKNOWN_OUTCOME`, `FENCED` or `CLOSED`, as all calls do. With `join({ backups: 1 })` the state survives
 * any single process that is killed. All of it is sent to the copy with each call that changes it: keep it small.
 */
export async function openActors<K extends Key, A extends object>(
  node: RoutedNode,
  name: string,
  Class: new (key: K) => A,
): Promise<Actors<K, A>> {
  const methods = methodsOf(Class, name);
  const replica = new KeyedReplica();
  const fieldsOf = (actor: A): Encoded => node.codec.encode({ ...actor });

  const handlerOf =
    (method: string): Handler =>
    ({ hash }, key: K, ...args: unknown[]) => {
      const partition = partitionOf(hash, node.view.owners.length);
      const actor = new Class(key);
      const state = replica.get(partition, key);
      const before = state ?? fieldsOf(actor);
      if (state !== undefined) Object.assign(actor, node.codec.decode(state));
      const answer: unknown = (actor as Record<string, (...args: unknown[]) => unknown>)[method]!(...args);
      if (answer instanceof Promise) {
        answer.catch(() => {});
        const message = `'${name}.${method}' answers a promise, but methods of actors are synchronous`;
        throw new RouterError('INVALID_OPTION', message);
      }
      const after = fieldsOf(actor);
      if (after.bytes.length > node.largestValue) {
        const message = `'${name}': ${after.bytes.length} bytes are too large a state; ${node.largestValue} can be sent`;
        throw new RouterError('TOO_LARGE', message);
      }
      if (!equal(before, after)) {
        const blank = equal(after, fieldsOf(new Class(key)));
        node.changed(name, partition, replica.set(partition, key, blank ? undefined : after));
      }
      return answer;
    };

  const handlers = Object.fromEntries(methods.map((method) => [method, handlerOf(method)]));
  await node.open(name, { handlers, replica });
  return (key, options = {}) => {
    const callOf =
      (handler: string) =>
      (...args: unknown[]) =>
        node.call(key, { ...options, service: name, handler, args: [key, ...args] });
    return Object.fromEntries(methods.map((method) => [method, callOf(method)])) as ActorCalls<A>;
  };
}

/** The names of all methods, inherited ones included. */
function methodsOf(Class: new (key: never) => object, name: string): readonly string[] {
  const methods = new Set<string>();
  for (
    let prototype: object | null = Class.prototype;
    prototype !== null && prototype !== Object.prototype;
    prototype = Object.getPrototypeOf(prototype)
  ) {
    for (const [method, { value }] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
      if (method !== 'constructor' && typeof value === 'function') methods.add(method);
    }
  }
  if (methods.size === 0) throw new RouterError('INVALID_OPTION', `'${name}': the class has no methods`);
  // What finds an actor would be taken for a promise.
  if (methods.has('then')) {
    throw new RouterError('INVALID_OPTION', `'${name}': a method of an actor cannot be called 'then'`);
  }
  return [...methods];
}

function equal(one: Encoded, other: Encoded): boolean {
  return Buffer.compare(one.bytes, other.bytes) === 0;
}
