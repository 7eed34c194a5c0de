import type { Clock } from './clock.ts';
import { Outflow } from './outflow.ts';
import type { Piece, StreamAnswer, StreamMessage } from './replica-stream.ts';
import type { Safeguards } from './safeguards.ts';
import type { ReplicaRecord, Services } from './services.ts';
import type { Throttle } from './throttle.ts';
import { type Member, memberOf, type View } from './view.ts';

export interface ReplicationOptions {
  readonly self: string;
  readonly incarnation: string;
  readonly services: Services;
  readonly clock: Clock;
  readonly throttle: Throttle;
  /** What a message has room for beside the largest value, in bytes. */
  readonly spare: number;
  readonly patience: number;
  readonly safeguards: Safeguards;
  view(): View;
  /** Whether a member is known to take many entries in one record. */
  pages(id: string): boolean;
  /** Whether a member's copy of a partition is counted on: the view names it, or may be about to. */
  counted(id: string, partition: number): boolean;
  send(to: string, message: StreamMessage): Promise<StreamAnswer>;
  /** The stream to a member has come further; `broken`: it has failed, or a copy on it was refused. */
  progress(to: string, broken: boolean): void;
  log(message: string): void;
}

interface Target {
  readonly incarnation: string;
  outflow: Outflow;
  /** How many publications about copies at this target have an outcome that is not known yet. */
  doubts: number;
}

/** The replica streams of this node, one to each member that needs one. */
export class Replication {
  readonly #options: ReplicationOptions;
  readonly #targets = new Map<string, Target>();
  #streams = 0;
  /** What the call that is being executed has changed so far. */
  #unit: Piece[] | undefined;
  /** Whether a call is at its synchronous part. */
  #open = false;

  constructor(options: ReplicationOptions) {
    this.#options = options;
  }

  /**
   * The stream to a member, begun where there is none. One that has failed is replaced, unless a publication about copies on
   * it is under way: a new stream lets the target drop what was not published.
   */
  to({ id, incarnation }: Member): Outflow | undefined {
    const known = this.#targets.get(id);
    if (known?.incarnation === incarnation) {
      if (known.outflow.failure === undefined) return known.outflow;
      if (known.doubts > 0) return undefined;
      known.outflow = this.#begin(id);
      known.outflow.greet();
      return known.outflow;
    }
    const target: Target = { incarnation, outflow: this.#begin(id), doubts: 0 };
    this.#targets.set(id, target);
    return target.outflow;
  }

  /** The stream to a member as it is, failed or not. */
  present(id: string): Outflow | undefined {
    return this.#targets.get(id)?.outflow;
  }

  /** Whether the member has a copy of the partition on a stream that stands. */
  reaches(id: string, partition: number): boolean {
    const outflow = this.present(id);
    return outflow !== undefined && outflow.failure === undefined && outflow.has(partition);
  }

  /** Whether the outcome of a publication about copies at a member is not known yet. */
  doubts(id: string): boolean {
    return (this.#targets.get(id)?.doubts ?? 0) > 0;
  }

  /** Does something whose outcome decides on copies at a member; until it is known, they stay as they are. */
  async inDoubt<T>(id: string, work: () => Promise<T>): Promise<T> {
    const target = this.#targets.get(id);
    if (target === undefined) return work();
    target.doubts += 1;
    try {
      return await work();
    } finally {
      target.doubts -= 1;
    }
  }

  /**
   * The synchronous part of a call begins: all its changes reach a copy together, or none does. Answers whether it is the
   * outermost, which is to end it.
   */
  beginUnit(): boolean {
    if (this.#open || !this.#options.safeguards.wholeCalls) return false;
    this.#open = true;
    return true;
  }

  endUnit(): void {
    const unit = this.#unit;
    this.#open = false;
    this.#unit = undefined;
    if (unit !== undefined) this.#spread(unit);
  }

  /** A change to a partition of this node. */
  changed(service: string, partition: number, record: ReplicaRecord): void {
    if (!this.#open) this.#spread([[service, partition, record]]);
    else if (this.#unit === undefined) this.#unit = [[service, partition, record]];
    else this.#unit.push([service, partition, record]);
  }

  /** Whether changes to a partition are wanted now. */
  streaming(partition: number): boolean {
    for (const { outflow } of this.#targets.values()) if (outflow.has(partition)) return true;
    return false;
  }

  follow(view: View): void {
    for (const [id, { incarnation, outflow }] of this.#targets) {
      if (memberOf(view, id)?.incarnation !== incarnation) {
        this.#targets.delete(id);
        outflow.fail(new Error(`${id} has gone`));
        continue;
      }
      outflow.release(view, this.#options.self);
    }
  }

  stop(): void {
    for (const { outflow } of this.#targets.values()) outflow.fail(new Error('this node has stopped'));
  }

  #begin(to: string): Outflow {
    const { incarnation, safeguards, pages, counted, send, progress, log, ...rest } = this.#options;
    this.#streams += 1;
    const outflow: Outflow = new Outflow({
      ...rest,
      stream: `${incarnation}:${this.#streams}`,
      ordered: safeguards.orderedDeltas,
      pages: () => pages(to),
      counted: (partition) => counted(to, partition),
      send: (message) => send(to, message),
      progress: (broken) => {
        const { failure } = outflow;
        if (failure !== undefined) log(`the replica stream to ${to} ends: ${failure.message}`);
        progress(to, broken);
      },
    });
    return outflow;
  }

  #spread(unit: Piece[]): void {
    if (unit.length === 0) return;
    for (const { outflow } of this.#targets.values()) outflow.changed(unit);
  }
}
