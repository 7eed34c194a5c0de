import type { Agreement } from './agreement.ts';
import type { Clock, Timer } from './clock.ts';
import type { MoveLimits } from './options.ts';
import type { Ownership } from './ownership.ts';
import { Outflow, type ReplicaMessages, Throttle } from './replica.ts';
import type { Router } from './router.ts';
import type { Safeguards } from './safeguards.ts';
import type { ReplicaRecord, Services } from './services.ts';
import { completeMoves, hasOpenedAll, type Move, memberOf, planMoves, type View } from './view.ts';

/** A group of partitions that this node has handed over. */
export interface MovedEvent {
  readonly to: string;
  readonly partitions: readonly number[];
  readonly records: number;
  readonly bytes: number;
  /** From the first message to the view that names the new owner, in ms. */
  readonly duration: number;
}

/** A group of partitions on its way, as `status` shows it. */
export interface MoveStatus {
  readonly to: string;
  readonly partitions: number;
  /** Being copied while this node serves; or sealed, with calls waiting for the new owner. */
  readonly phase: 'copying' | 'sealed';
  readonly records: number;
  readonly bytes: number;
}

export interface MovesOptions {
  readonly self: string;
  readonly incarnation: string;
  readonly router: Router;
  readonly agreement: Agreement;
  readonly ownership: Ownership;
  readonly services: Services;
  readonly clock: Clock;
  readonly limits: Required<MoveLimits>;
  readonly safeguards: Safeguards;
  /** How long the members must have been the same before anything moves, in ms: joins of about the same time are one. */
  readonly settle: number;
  send<T extends keyof ReplicaMessages>(to: string, type: T, args: ReplicaMessages[T]): Promise<unknown>;
  moved(event: MovedEvent): void;
  log(message: string): void;
}

interface Handover {
  readonly to: string;
  readonly incarnation: string;
  /** The terms of the partitions as the copy began. */
  readonly terms: readonly number[];
  readonly outflow: Outflow;
  phase: MoveStatus['phase'];
  /** A compare-and-set was sent and its outcome is not known: somebody else may own the partitions by now. */
  uncertain: boolean;
}

/** Partitions that are sealed and published together: enough to make a view worth its while, few enough to seal shortly. */
const groupSize = 64;
const retryAfter = 200;

/**
 * Hands over the partitions of this node that the router wants elsewhere. For each group: the target receives a copy and
 * every change in order, the owner seals the group, sends the last changes, and then it alone publishes the view that
 * names the target. Publishing is accepting: from that view on the target answers, and the calls that waited go there.
 */
export class Moves {
  readonly #options: MovesOptions;
  readonly #throttle: Throttle;
  readonly #handovers = new Set<Handover>();
  #timer: Timer | undefined;
  #members = '';
  #settledAt = 0;
  #hurried = false;
  #stopped = false;
  #streams = 0;

  constructor(options: MovesOptions) {
    this.#options = options;
    this.#throttle = new Throttle(options.clock, options.limits.bytesPerSecond);
  }

  /** Looks at a new view: gives up what has become pointless, and begins what it asks for once it has settled. */
  follow(view: View): void {
    const { clock, settle } = this.#options;
    const members = JSON.stringify([view.members, Object.keys(view.caches)]);
    if (members !== this.#members) {
      this.#members = members;
      this.#settledAt = clock.now() + (this.#hurried ? 0 : settle);
    }
    for (const { to, incarnation, outflow } of this.#handovers) {
      if (memberOf(view, to)?.incarnation !== incarnation) outflow.fail(new Error(`${to} has gone`));
    }
    this.#schedule(0);
  }

  /** From now on nothing waits for the members to settle: this node is on its way out. */
  hurry(): void {
    this.#hurried = true;
    this.#settledAt = this.#options.clock.now();
    this.#schedule(0);
  }

  /** A change to a partition; it follows the copy that is on its way, if one is. */
  changed(service: string, partition: number, record: ReplicaRecord): void {
    for (const { outflow } of this.#handovers) {
      if (outflow.partitions.has(partition)) outflow.changed(service, partition, record);
    }
  }

  /** Whether changes to a partition are wanted now. */
  streaming(partition: number): boolean {
    if (this.#handovers.size === 0) return false;
    for (const { outflow } of this.#handovers) if (outflow.partitions.has(partition)) return true;
    return false;
  }

  status(): MoveStatus[] {
    return [...this.#handovers].map(({ to, phase, outflow }) => ({
      to,
      phase,
      partitions: outflow.partitions.size,
      records: outflow.sentRecords,
      bytes: outflow.sentBytes,
    }));
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
    for (const { outflow } of this.#handovers) outflow.fail(new Error('this node has stopped'));
  }

  #schedule(after: number): void {
    if (this.#stopped) return;
    const { clock, agreement } = this.#options;
    this.#timer?.cancel();
    if (this.#planned(agreement.view).length === 0) return;
    const wait = Math.max(after, this.#settledAt - clock.now());
    this.#timer = clock.after(wait, () => this.#begin());
  }

  #begin(): void {
    const { agreement, limits } = this.#options;
    while (!this.#stopped && this.#handovers.size < limits.concurrency) {
      const planned = this.#planned(agreement.view);
      const first = planned[0];
      const target = first === undefined ? undefined : memberOf(agreement.view, first.to);
      if (target === undefined) return;
      const group = planned.filter(({ to }) => to === target.id).slice(0, groupSize);
      void this.#handOver(group, target.id, target.incarnation, agreement.view);
    }
  }

  async #handOver(moves: readonly Move[], to: string, incarnation: string, view: View): Promise<void> {
    const { clock, log, services, send, safeguards } = this.#options;
    const began = clock.now();
    this.#streams += 1;
    const outflow = new Outflow({
      stream: `${this.#options.incarnation}:${this.#streams}`,
      moves,
      view,
      services,
      clock,
      throttle: this.#throttle,
      ordered: safeguards.orderedDeltas,
      parting: safeguards.movingLoads,
      send: (type, args) => send(to, type, args),
    });
    const handover: Handover = {
      to,
      incarnation,
      terms: view.terms,
      outflow,
      phase: 'copying',
      uncertain: false,
    };
    this.#handovers.add(handover);
    let moved = false;
    try {
      await outflow.copy();
      moved = await this.#sealAndPublish(moves, handover, began);
    } catch (error) {
      log(`moving ${moves.length} partitions to ${to}: ${(error as Error).message}`);
    } finally {
      this.#handovers.delete(handover);
      // What may have been accepted must not be thrown away; the next view decides on it.
      if (!moved && !handover.uncertain) void this.#abort(handover);
    }
    // A failed group is tried again, but not at once; after a good one the next can begin.
    this.#schedule(moved ? 0 : retryAfter);
  }

  async #sealAndPublish(moves: readonly Move[], handover: Handover, began: number): Promise<boolean> {
    const { agreement, ownership, clock, moved, safeguards } = this.#options;
    const { to, outflow } = handover;
    const partitions = [...outflow.partitions];
    // While the store is out nothing can be committed, so nothing is sealed: the outage must not reach callers.
    await agreement.probe();
    handover.phase = 'sealed';
    if (safeguards.sealing) ownership.seal(partitions);
    try {
      if (!safeguards.singleCommit) await this.#publish(moves, handover);
      await outflow.finish();
      handover.uncertain = true;
      const view = await this.#publish(moves, handover);
      handover.uncertain = false;
      const done = partitions.filter((partition) => view.owners[partition] !== this.#options.self);
      if (done.length === 0) return false;
      const { sentRecords: records, sentBytes: bytes } = outflow;
      moved({ to, partitions: done, records, bytes, duration: clock.now() - began });
      return true;
    } finally {
      if (!handover.uncertain && safeguards.sealing) ownership.unseal(partitions);
    }
  }

  /** Once the compare-and-set is sent, its outcome must be known before anything is unsealed, however long that takes. */
  async #publish(moves: readonly Move[], { to, incarnation, terms }: Handover): Promise<View> {
    const { agreement, self, log } = this.#options;
    for (;;) {
      try {
        return await agreement.publish((current) => {
          if (this.#stopped) throw new Error('this node has stopped');
          const target = memberOf(current, to);
          // The target may have gone, begun to leave, or not opened what was opened meanwhile.
          if (target?.incarnation !== incarnation || target.weight === 0) return undefined;
          if (!hasOpenedAll(current, target)) return undefined;
          // One that went and is back, while the store was slow to answer, is not what was copied.
          const own = moves.filter(
            ({ partition }) =>
              current.owners[partition] === self && current.terms[partition] === terms[partition],
          );
          return own.length === 0 ? undefined : completeMoves(current, own);
        });
      } catch (error) {
        if (this.#stopped) throw error;
        log(`committing a move to ${to}: ${(error as Error).message}`);
      }
    }
  }

  /** Tells the target that its copy is worth nothing, until it has heard of it or is gone: it would keep the copy. */
  async #abort({ to, incarnation, outflow }: Handover): Promise<void> {
    const { agreement, clock } = this.#options;
    while (!this.#stopped && memberOf(agreement.view, to)?.incarnation === incarnation) {
      try {
        await outflow.abort();
        return;
      } catch {
        await new Promise<void>((resolve) => void clock.after(1_000, resolve));
      }
    }
  }

  /** What the view asks this node to hand over and is not on its way yet. */
  #planned(view: View): readonly Move[] {
    const { self, router } = this.#options;
    const moving = new Set([...this.#handovers].flatMap(({ outflow }) => [...outflow.partitions]));
    return planMoves(view, router).filter(({ from, partition }) => from === self && !moving.has(partition));
  }
}
