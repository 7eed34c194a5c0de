import type { Caller } from './caller.ts';

/**
 * How an action is carried out in a cluster that cannot be sent to another node as it is, because it takes a closure or
 * answers piece by piece: it runs here, at the caller, and is made of calls that are routed. There is one file for each
 * such action, of the same name.
 */
export interface Composition<A extends readonly unknown[]> {
  /** Whether this call is such a one; if not, it is routed as its action says. `args` are checked. */
  applies(...args: A): boolean;
  /** Whether its parts are calls of the same name, each counted and told of where it is executed; the whole is not. */
  toldElsewhere?(...args: A): boolean;
  /** Answers as the method does. Values among `args` and in the answer are as the user has them, not held. */
  compose(caller: Caller, ...args: A): unknown;
}

// biome-ignore lint/suspicious/noExplicitAny: the table holds compositions of every argument type.
export type AnyComposition = Composition<any>;
