import type { Agreement } from './agreement.ts';
import type { Clock, Timer } from './clock.ts';
import type { Outflow } from './outflow.ts';
import type { Ownership } from './ownership.ts';
import { heirsOf, planMoves } from './plan.ts';
import type { Replication } from './replication.ts';
import type { Router } from './router.ts';
import type { Safeguards } from './safeguards.ts';
import type { Services } from './services.ts';
import type { Throttle } from './throttle.ts';
import { completeMoves, type HandedOver, type Member, type Move, memberOf, type View } from './view.ts';

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
  readonly router: Router;
  readonly agreement: Agreement;
  readonly ownership: Ownership;
  readonly services: Services;
  readonly replication: Replication;
  /** The pace of copies, which wait while partitions are sealed. */
  readonly throttle: Throttle;
  readonly clock: Clock;
  /** How many groups of partitions are under way at a time. */
  readonly concurrency: number;
  readonly safeguards: Safeguards;
  /** How long the members must have been the same before anything moves, in ms: joins of about the same time are one. */
  readonly settle: number;
  moved(event: MovedEvent): void;
  /** A group is not on its way any more, wherever it is now. */
  ended(): void;
  log(message: string): void;
}

interface Handover {
  readonly to: Member;
  readonly partitions: readonly number[];
  readonly held: ReadonlySet<number>;
  readonly outflow: Outflow;
  /** What the stream had sent before. */
  readonly records: number;
  readonly bytes: number;
  phase: MoveStatus['phase'];
}

/**
 * How many partitions are sealed and published together, of so many: a sixteenth. Publishing takes time, during which calls to
 * all of them wait as long as calls to few; and then their entries are dropped here at once, which takes longer for many.
 */
export function groupSizeOf(partitions: number): number {
  return Math.max(64, partitions >> 4);
}

const retryAfter = 200;

/**
 * Hands over the partitions of this node that the router wants elsewhere. For each group: the target receives a copy and
 * every change in order, the owner seals the group, sends the last changes, and then it alone publishes the view that
 * names the target. Publishing is accepting: from that view on the target answers, and the calls that waited go there.
 */
export class Moves {
  readonly #options: MovesOptions;
  readonly #handovers = new Set<Handover>();
  #timer: Timer | undefined;
  #members = '';
  #settledAt = 0;
  #hurried = false;
  #stopped = false;

  constructor(options: MovesOptions) {
    this.#options = options;
  }

  /** Looks at a new view, and begins what it asks for once it has settled. */
  follow(view: View): void {
    const { clock, settle } = this.#options;
    const members = JSON.stringify([view.members, Object.keys(view.caches)]);
    if (members !== this.#members) {
      this.#members = members;
      this.#settledAt = clock.now() + (this.#hurried ? 0 : settle);
    }
    this.#schedule(0);
  }

  /** From now on nothing waits for the members to settle: this node is on its way out. */
  hurry(): void {
    this.#hurried = true;
    this.#settledAt = this.#options.clock.now();
    this.#schedule(0);
  }

  /** Whether a partition is on its way. */
  moving(partition: number): boolean {
    for (const { held } of this.#handovers) if (held.has(partition)) return true;
    return false;
  }

  status(): MoveStatus[] {
    return [...this.#handovers].map(({ to, phase, partitions, outflow, records, bytes }) => ({
      to: to.id,
      phase,
      partitions: partitions.length,
      records: outflow.sentRecords - records,
      bytes: outflow.sentBytes - bytes,
    }));
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
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
    const { agreement, replication, concurrency } = this.#options;
    const { view } = agreement;
    const planned = this.#planned(view);
    for (const id of new Set(planned.map(({ to }) => to))) {
      const target = memberOf(view, id);
      const outflow = target === undefined ? undefined : replication.to(target);
      if (target === undefined) continue;
      // Its stream has failed, and what was published over it is not known yet.
      if (outflow === undefined) this.#schedule(retryAfter);
      const own = outflow === undefined ? [] : planned.filter(({ to }) => to === id);
      const groupSize = groupSizeOf(view.owners.length);
      for (let at = 0; at < own.length; at += groupSize) {
        if (this.#stopped || this.#handovers.size >= concurrency) return;
        void this.#handOver(own.slice(at, at + groupSize), target, outflow!, view);
      }
    }
  }

  async #handOver(moves: readonly Move[], to: Member, outflow: Outflow, view: View): Promise<void> {
    const { clock, log, ended, agreement, replication } = this.#options;
    const began = clock.now();
    const partitions = moves.map(({ partition }) => partition);
    const { sentRecords: records, sentBytes: bytes } = outflow;
    const handover: Handover = {
      to,
      partitions,
      held: new Set(partitions),
      outflow,
      records,
      bytes,
      phase: 'copying',
    };
    this.#handovers.add(handover);
    let moved = false;
    try {
      await outflow.copy(partitions, 'all');
      moved = await this.#sealAndPublish(moves, handover, view, began);
    } catch (error) {
      log(`moving ${moves.length} partitions to ${to.id}: ${(error as Error).message}`);
    } finally {
      this.#handovers.delete(handover);
      // What may have been published meanwhile is tidied up later.
      if (!this.#stopped && !replication.doubts(to.id)) {
        const { backups, owners } = agreement.view;
        const left = partitions.filter((partition) => owners[partition] === this.#options.self);
        outflow.abandon(left.filter((partition) => !backups[partition]!.includes(to.id)));
      }
      ended();
    }
    // A failed group is tried again, but not at once; after a good one the next can begin.
    this.#schedule(moved ? 0 : retryAfter);
  }

  async #sealAndPublish(
    moves: readonly Move[],
    handover: Handover,
    begun: View,
    began: number,
  ): Promise<boolean> {
    const { agreement, ownership, clock, moved, safeguards, replication, throttle } = this.#options;
    const { to, partitions, outflow, records, bytes } = handover;
    // While the store is out nothing can be committed, so nothing is sealed: the outage must not reach callers.
    await agreement.probe();
    handover.phase = 'sealed';
    if (safeguards.sealing) ownership.seal(partitions);
    throttle.hold();
    let known = true;
    try {
      if (!safeguards.singleCommit) await this.#publish(moves, to, begun);
      if (safeguards.movingLoads) this.#part(handover);
      await outflow.settled(partitions);
      const view = await replication.inDoubt(to.id, () => {
        if (outflow.failure !== undefined) throw outflow.failure;
        known = false;
        return this.#publish(moves, to, begun);
      });
      known = true;
      const done = partitions.filter((partition) => view.owners[partition] !== this.#options.self);
      if (done.length === 0) return false;
      moved({
        to: to.id,
        partitions: done,
        records: outflow.sentRecords - records,
        bytes: outflow.sentBytes - bytes,
        duration: clock.now() - began,
      });
      return true;
    } finally {
      throttle.release();
      // Once the compare-and-set is sent, its outcome must be known before anything is unsealed.
      if (known && safeguards.sealing) ownership.unseal(partitions);
    }
  }

  /** What else must move, now that no call can change these partitions any more. */
  #part({ partitions, outflow }: Handover): void {
    for (const partition of partitions) {
      for (const [name, { replica }] of this.#options.services.entries()) {
        for (const record of replica?.parting?.(partition) ?? []) outflow.tell(name, partition, record);
      }
    }
  }

  #publish(moves: readonly Move[], { id, incarnation }: Member, begun: View): Promise<View> {
    const { agreement, self } = this.#options;
    return agreement.insist((current) => {
      if (this.#stopped) throw new Error('this node has stopped');
      // The target may have gone, begun to leave, not opened what was opened meanwhile, or become one of an older build.
      const target = heirsOf(current).find((heir) => heir.id === id);
      if (target?.incarnation !== incarnation) return undefined;
      // One that went and is back, while the store was slow to answer, is not what was copied.
      const own = moves.filter(
        ({ partition }) =>
          current.owners[partition] === self &&
          current.terms[partition] === begun.terms[partition] &&
          this.#whole(current, partition, id),
      );
      return own.length === 0
        ? undefined
        : completeMoves(
            current,
            own.map((move) => this.#handedOver(current, move)),
          );
    });
  }

  /**
   * With the copies that are exactly as this node leaves the partition, which is sealed. Its own is one of them as long as
   * there are too few.
   */
  #handedOver(view: View, move: Move): HandedOver {
    const { self, replication, safeguards } = this.#options;
    const { partition, to } = move;
    const backups = view.backups[partition]!.filter((id) => {
      const outflow = replication.present(id);
      const same = replication.reaches(id, partition) && outflow?.applied(outflow.position(partition));
      return id !== to && same === true;
    });
    const enough = backups.length >= view.redundancy || !safeguards.sealing || !safeguards.singleCommit;
    return { ...move, backups: enough ? backups : [...backups, self] };
  }

  /** Whether every copy that the view names is kept. One that cannot be is first taken out, which is not done lightly. */
  #whole(view: View, partition: number, to: string): boolean {
    const { replication, safeguards } = this.#options;
    const kept = (id: string): boolean => id === to || replication.reaches(id, partition);
    return !safeguards.restraint || view.backups[partition]!.every(kept);
  }

  /** What the view asks this node to hand over, and is neither on its way yet nor fenced. */
  #planned(view: View): readonly Move[] {
    const { self, router, ownership } = this.#options;
    return planMoves(view, router).filter(
      ({ from, partition }) => from === self && !this.moving(partition) && !ownership.fenced(partition),
    );
  }
}
