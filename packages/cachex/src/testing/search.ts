import type { Key } from '@cachex/router/hash';
import { BitSet } from './bit-set.ts';
import type { Operation } from './history.ts';
import type { Model } from './models.ts';
import { Numbering } from './numbering.ts';

/** How a search ended. */
export type Found =
  | { readonly outcome: 'linearized'; readonly linearized: readonly Operation[]; readonly visited: number }
  | {
      readonly outcome: 'stuck';
      readonly linearized: readonly Operation[];
      readonly stuck: Operation;
      readonly states: readonly unknown[];
      readonly visited: number;
    }
  | { readonly outcome: 'undecided'; readonly visited: number };

/** One more operation takes effect: that of a position, in one of the two lists. */
interface Move<S> {
  readonly list: 'required' | 'optional';
  readonly position: number;
  readonly state: S;
}

interface Step<S> {
  readonly before: Step<S> | undefined;
  readonly move: Move<S> | undefined;
  readonly state: S;
  readonly moves: readonly Move<S>[];
  tried: number;
  /** How many required operations have taken effect. */
  readonly count: number;
  /** The operation whose return comes first of those that have yet to take effect. */
  readonly due: Operation;
}

/**
 * The search of Wing and Gong ("Testing and verifying concurrent objects", 1993): of the operations that no other one
 * precedes, let one take effect, and go back where that leads nowhere. As Lowe has it ("Testing for linearizability",
 * 2017), a pair of a set of operations and the state after them is visited once; so do the checkers of Horn and Kroening
 * ("Faster linearizability checking via P-compositionality", 2015) and Porcupine (Athalye, 2017). Operations of unknown
 * outcome may take effect or not, and hold nothing up.
 */
export class Search<S> {
  readonly #model: Model<S>;
  readonly #limit: number;
  readonly #required: readonly Operation[];
  readonly #optional: readonly Operation[];
  /** For each optional operation an earlier one that asks the same, if there is one. */
  readonly #twins: readonly (number | undefined)[];
  readonly #done: { readonly required: BitSet; readonly optional: BitSet };
  readonly #numbering = new Numbering();
  readonly #visited = new Set<string>();
  readonly #events = new Set<Operation>();

  constructor(model: Model<S>, key: Key, operations: readonly Operation[], limit: number) {
    this.#model = model;
    this.#limit = limit;
    for (const { action, from, to } of model.events ?? []) {
      this.#events.add({ client: '-', key, action, args: [], invoked: from, returned: to, outcome: 'ok' });
    }
    const sorted = [...this.#events, ...operations].sort((a, b) => a.invoked - b.invoked);
    this.#required = sorted.filter(({ outcome }) => outcome === 'ok');
    this.#optional = sorted.filter(
      (operation) => operation.outcome === 'unknown' && !model.isRead(operation),
    );
    this.#twins = this.#findTwins();
    this.#done = {
      required: new BitSet(this.#required.length),
      optional: new BitSet(this.#optional.length),
    };
  }

  run(): Found {
    const first = this.#step(undefined, undefined, this.#model.initial);
    if (first === undefined) return { outcome: 'linearized', linearized: [], visited: 0 };
    this.#visit(first.state);
    let step = first;
    let furthest = step;
    let states = new Map<number, S>();
    for (;;) {
      if (step.tried === 0) {
        const further = step.due.returned! - furthest.due.returned! || step.count - furthest.count;
        if (further > 0) {
          furthest = step;
          states = new Map();
        }
        if (further >= 0) states.set(this.#numbering.numberOf(step.state), step.state);
      }
      const move = step.moves[step.tried];
      step.tried += 1;
      if (move === undefined) {
        if (step.before === undefined) break;
        this.#done[step.move!.list].delete(step.move!.position);
        step = step.before;
        continue;
      }
      this.#done[move.list].add(move.position);
      if (!this.#visit(move.state)) {
        this.#done[move.list].delete(move.position);
        continue;
      }
      const visited = this.#visited.size;
      const next = this.#step(step, move, move.state);
      if (next === undefined) {
        return { outcome: 'linearized', linearized: this.#path(step, move), visited };
      }
      if (visited > this.#limit) return { outcome: 'undecided', visited };
      step = next;
    }
    return {
      outcome: 'stuck',
      linearized: this.#path(furthest),
      stuck: furthest.due,
      states: [...states.values()],
      visited: this.#visited.size,
    };
  }

  /** Whether this is the first visit to the operations that are done and this state. */
  #visit(state: S): boolean {
    const key = `${this.#done.required.key}|${this.#done.optional.key}|${this.#numbering.numberOf(state)}`;
    if (this.#visited.has(key)) return false;
    this.#visited.add(key);
    return true;
  }

  /** What may come next; `undefined` if nothing has to. */
  #step(before: Step<S> | undefined, move: Move<S> | undefined, state: S): Step<S> | undefined {
    const open: number[] = [];
    let due: Operation | undefined;
    for (let at = this.#done.required.leastAbsent; at < this.#required.length; at += 1) {
      const operation = this.#required[at]!;
      if (due !== undefined && operation.invoked > due.returned!) break;
      if (this.#done.required.has(at)) continue;
      open.push(at);
      if (due === undefined || operation.returned! < due.returned!) due = operation;
    }
    if (due === undefined) return undefined;
    const count = (before?.count ?? 0) + (move?.list === 'required' ? 1 : 0);
    return { before, move, state, moves: this.#moves(state, open, due), tried: 0, count, due };
  }

  #moves(state: S, open: readonly number[], due: Operation): Move<S>[] {
    const moves: Move<S>[] = [];
    for (const position of open) {
      const operation = this.#required[position]!;
      for (const next of this.#model.apply(state, operation)) {
        const found: Move<S> = { list: 'required', position, state: next };
        // A read that fits may as well take effect now: whatever follows, follows as if it had done so later.
        if (this.#model.isRead(operation) && this.#same(state, next)) return [found];
        moves.push(found);
      }
    }
    for (const [position, operation] of this.#optional.entries()) {
      if (operation.invoked > due.returned!) break;
      const twin = this.#twins[position];
      if (this.#done.optional.has(position) || (twin !== undefined && !this.#done.optional.has(twin)))
        continue;
      for (const next of this.#model.apply(state, operation)) {
        // What changes nothing need not have happened.
        if (!this.#same(state, next)) moves.push({ list: 'optional', position, state: next });
      }
    }
    return moves;
  }

  #same(a: S, b: S): boolean {
    return this.#numbering.numberOf(a) === this.#numbering.numberOf(b);
  }

  /** Of two unknown operations that ask the same, the earlier can do whatever the later can: it is tried first. */
  #findTwins(): (number | undefined)[] {
    const numbering = new Numbering();
    const latest = new Map<number, number>();
    return this.#optional.map(({ action, args }, position) => {
      const asked = numbering.numberOf([action, ...args]);
      const twin = latest.get(asked);
      latest.set(asked, position);
      return twin;
    });
  }

  /** The operations up to a step, and those events that made a difference. */
  #path(last: Step<S>, move?: Move<S>): Operation[] {
    const path: Operation[] = [];
    const note = (before: S, { list, position, state }: Move<S>): void => {
      const operation = (list === 'required' ? this.#required : this.#optional)[position]!;
      if (!this.#events.has(operation) || !this.#same(before, state)) path.push(operation);
    };
    if (move !== undefined) note(last.state, move);
    for (let step = last; step.before !== undefined; step = step.before) note(step.before.state, step.move!);
    return path.reverse();
  }
}
