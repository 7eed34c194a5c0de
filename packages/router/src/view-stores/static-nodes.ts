import { RouterError } from '../errors.ts';
import type { ViewStore } from '../view-store.ts';

/** One node of a fixed list. */
export interface StaticNode {
  /** 1 to 64 of `A-Z a-z 0-9 . _ -`. */
  readonly id: string;
  /** Where the others reach it, in the form of the transport. */
  readonly address: string;
  /** The share of the keys it takes, relative to the others; 0 takes none. Default: 1. */
  readonly weight?: number;
}

export interface StaticNodesOptions {
  /** Where the first node of the list keeps the views, instead of files in `directory`. The others do not use it. */
  readonly store?: ViewStore;
}

/** A fixed list of nodes, as the option `store` of `join` takes it. See {@link staticNodes}. */
export class StaticNodes {
  readonly nodes: readonly Required<StaticNode>[];
  readonly store: ViewStore | undefined;

  /** Use {@link staticNodes}. */
  constructor(nodes: readonly Required<StaticNode>[], store: ViewStore | undefined) {
    this.nodes = nodes;
    this.store = store;
  }

  /** The one that keeps the views for all. */
  get keeper(): Required<StaticNode> {
    return this.nodes[0]!;
  }

  /** The node of that id; `INVALID_OPTION` if it is not on the list. */
  entry(id: string | undefined): Required<StaticNode> {
    const entry = this.nodes.find((node) => node.id === id);
    if (entry !== undefined) return entry;
    const ids = this.nodes.map((node) => node.id).join(', ');
    throw new RouterError('INVALID_OPTION', `id: ${String(id)} is not on the list of static nodes: ${ids}`);
  }

  /** Says how another node's list differs from that of `self`, if it does. */
  difference(self: string, other: string, others: readonly StaticNode[]): string | undefined {
    const [mine, theirs] = [this.nodes.map(described), others.map(described)];
    const longest = mine.length > theirs.length ? mine : theirs;
    const n = longest.findIndex((_, at) => mine[at] !== theirs[at]);
    if (n < 0) return undefined;
    const [here, there] = [mine[n] ?? 'nobody', theirs[n] ?? 'nobody'];
    return `number ${n + 1} of the static nodes is ${here} for ${self}, and ${there} for ${other}`;
  }
}

function described({ id, address, weight }: StaticNode): string {
  return `${id} at ${address} with the weight ${weight}`;
}

/**
 * A cluster of a fixed list of nodes, without a server for the views: `join({ store: staticNodes([...]), id })`. Every node
 * is given the same list, in the same order, and the `id` of one of them; `listen` and `weight` follow from that unless they
 * are given. Others are not let in. A list that differs is refused with `CONFIG_MISMATCH`, naming what differs.
 *
 * The first node of the list keeps the views, in `directory`, and the others ask it. While it is away nobody can join, leave,
 * or be taken over from, as with any view store; those who are there go on. When a cluster begins, all of the list
 * must be there once, so that it is certain that none is left of an earlier one.
 */
export function staticNodes(nodes: readonly StaticNode[], options: StaticNodesOptions = {}): StaticNodes {
  if (!Array.isArray(nodes) || nodes.length === 0) throw invalid(`the list is ${nodes}, not some nodes`);
  for (const [n, { id, address, weight = 1 }] of nodes.entries()) {
    if (typeof id !== 'string' || !/^[A-Za-z0-9._-]{1,64}$/.test(id))
      throw invalid(`[${n}].id: ${String(id)} is not 1 to 64 of A-Z a-z 0-9 . _ -`);
    if (typeof address !== 'string' || address === '')
      throw invalid(`[${n}].address: ${String(address)} is not an address`);
    if (typeof weight !== 'number' || !(weight >= 0 && weight <= 1e6))
      throw invalid(`[${n}].weight: ${String(weight)} is not a number from 0 to 1,000,000`);
    const before = nodes.slice(0, n).find((node) => node.id === id || node.address === address);
    if (before !== undefined)
      throw invalid(`[${n}]: ${id} at ${address} is there twice, or shares its address`);
  }
  const list = nodes.map(({ id, address, weight = 1 }) => Object.freeze({ id, address, weight }));
  return new StaticNodes(Object.freeze(list), options.store);
}

function invalid(problem: string): RouterError {
  return new RouterError('INVALID_OPTION', `staticNodes: ${problem}`);
}
