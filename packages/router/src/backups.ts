import type { Agreement } from './agreement.ts';
import { BackupPlan, mayHold } from './backup-plan.ts';
import type { Clock, Timer } from './clock.ts';
import type { Gate } from './gate.ts';
import { hasOpenedAll, planMoves } from './plan.ts';
import type { Replication } from './replication.ts';
import type { Router } from './router.ts';
import { changeBackups, memberOf, type View } from './view.ts';

export interface BackupsOptions {
  readonly self: string;
  readonly agreement: Agreement;
  readonly replication: Replication;
  readonly gate: Gate;
  readonly router: Router;
  readonly clock: Clock;
  /** Whether copies at members that are silent may be done without, as was found out at `since`. */
  prevails(since: number): boolean;
  /** Asks everybody for a sign of life, on which `prevails` depends. */
  ask(): void;
  /** Whether a partition may not be touched now, for it is being handed over. */
  moving(partition: number): boolean;
  log(message: string): void;
}

/** How many partitions are copied and published together. */
const groupSize = 1024;
const retryAfter = 200;

/**
 * Keeps in-sync copies of this node's partitions where the plan wants them, and says in the view where they are: a copy is
 * published once it is in sync, and taken out before the next reply if it cannot be kept so.
 */
export class Backups {
  readonly #options: BackupsOptions;
  #mending = false;
  /** Since when there are copies in the view that are not in sync any more. */
  #brokenSince: number | undefined;
  #filling = false;
  /** Something has happened since the last look at what is wanted. */
  #again = false;
  #timer: Timer | undefined;
  #stopped = false;

  constructor(options: BackupsOptions) {
    this.#options = options;
  }

  /** Looks at a new view, once the copies of it were attached. */
  follow(): void {
    void this.#mend();
    void this.#fill();
  }

  /** Goes on with the copies of a partition that was just handed over to this node, as the earlier owner left them. */
  attach(view: View, partition: number): void {
    for (const id of view.backups[partition]!) {
      const member = memberOf(view, id);
      if (member !== undefined) this.#options.replication.to(member)?.attach(partition);
    }
  }

  /** Somebody has heard this node. */
  heard(): void {
    if (this.#brokenSince !== undefined && this.#options.prevails(this.#brokenSince)) void this.#mend();
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  /** Takes out of the view what cannot be kept in sync, once this node may. Replies wait for this. */
  async #mend(): Promise<void> {
    const { agreement, replication, log } = this.#options;
    if (this.#mending) return;
    this.#mending = true;
    try {
      while (this.#mayMend(agreement.view)) {
        await agreement.insist((view) =>
          this.#mayMend(view) ? changeBackups(view, this.#withoutBroken(view)) : undefined,
        );
      }
    } catch (error) {
      log(`taking out copies: ${(error as Error).message}`);
    } finally {
      this.#mending = false;
    }
    if (this.#brokenSince !== undefined) this.#later();
    for (const { id } of agreement.view.members) {
      // A member whose stream has failed may keep what nobody needs until a new stream begins.
      if (replication.present(id)?.failure !== undefined) this.#later();
    }
  }

  /** Whether something is to be taken out, and this node may do so now. */
  #mayMend(view: View): boolean {
    const { clock, prevails, ask } = this.#options;
    if (this.#stopped) return false;
    if (this.#withoutBroken(view).size === 0) {
      this.#brokenSince = undefined;
      return false;
    }
    if (this.#brokenSince === undefined) {
      this.#brokenSince = clock.now();
      ask();
    }
    return prevails(this.#brokenSince);
  }

  /** Copies what the plan wants and takes out what it does not want any more. */
  async #fill(): Promise<void> {
    const { agreement, log } = this.#options;
    this.#again = true;
    if (this.#filling || this.#stopped || agreement.view.redundancy === 0) return;
    this.#filling = true;
    /** Members that could not be given copies this time: the others are all the same. */
    const failures = new Map<string, unknown>();
    try {
      // A view that comes while this one is dealt with may ask for something else.
      while (this.#again && !this.#stopped) {
        this.#again = false;
        while (!this.#stopped && ((await this.#add(failures)) || (await this.#remove())));
      }
      this.#tidy();
      if (failures.size > 0) throw [...failures.values()][0];
    } catch (error) {
      log(`copying partitions: ${(error as Error).message}`);
      this.#later();
    } finally {
      this.#filling = false;
    }
  }

  /** Copies that are neither published nor wanted, nor on their way to a new owner, are of no use. */
  #tidy(): void {
    const { agreement, replication, moving } = this.#options;
    const { members, backups } = agreement.view;
    for (const { id } of members) {
      const outflow = replication.present(id);
      if (outflow === undefined || outflow.failure !== undefined || replication.doubts(id)) continue;
      const useless = (partition: number): boolean => !backups[partition]!.includes(id) && !moving(partition);
      outflow.close([...outflow.partitions].filter(useless));
      outflow.abandon([...outflow.refused].filter(useless));
    }
  }

  async #add(failures: Map<string, unknown>): Promise<boolean> {
    const { agreement, moving, router } = this.#options;
    const { view } = agreement;
    // A copy that there are enough of can wait for partitions that are to move: those take copies along, and their views are
    // waited for by calls.
    const settled = planMoves(view, router).length === 0;
    const wanted = this.#wanted(view, (partition, id, count) => {
      const there = view.backups[partition]!;
      if (there.includes(id) || moving(partition)) return false;
      // One that is to be emptied may wait to leave, and takes its copies along when it has waited for long.
      return settled || there.filter((each) => memberOf(view, each)!.weight > 0).length < count;
    });
    const next = [...wanted].find(([id]) => !failures.has(id));
    if (next === undefined) return false;
    const [id, partitions] = next;
    try {
      await this.#copy(view, id, partitions.slice(0, groupSize));
    } catch (error) {
      failures.set(id, error);
    }
    return true;
  }

  /** Has a member keep copies of partitions, as of this view, and the view name them. */
  async #copy(view: View, id: string, partitions: readonly number[]): Promise<void> {
    const { self, agreement, replication, gate, moving } = this.#options;
    const member = memberOf(view, id)!;
    const outflow = replication.to(member);
    if (outflow === undefined) throw new Error(`the stream to ${id} has failed`);
    await outflow.copy(partitions, 'backed');
    const still = (current: View, partition: number): boolean => {
      const target = memberOf(current, id);
      return (
        current.owners[partition] === self &&
        current.terms[partition] === view.terms[partition] &&
        target?.incarnation === member.incarnation &&
        // One that leaves goes once no view names it, and would take along what is named later: see departure.ts. One that
        // lacks what was opened meanwhile would refuse the first change to that.
        mayHold(current, target) &&
        replication.present(id) === outflow &&
        replication.reaches(id, partition) &&
        !moving(partition)
      );
    };
    await gate.including(id, partitions, () =>
      replication.inDoubt(id, async () => {
        await outflow.settled(partitions.filter((partition) => outflow.has(partition)));
        await agreement.insist((current) => {
          if (this.#stopped) throw new Error('this node has stopped');
          const changes = new Map<number, readonly string[]>();
          for (const partition of partitions) {
            const backups = current.backups[partition]!;
            if (still(current, partition) && !backups.includes(id)) changes.set(partition, [...backups, id]);
          }
          return changes.size === 0 ? undefined : changeBackups(current, changes);
        });
      }),
    );
  }

  async #remove(): Promise<boolean> {
    const { agreement, moving } = this.#options;
    const surplus = (view: View): Map<number, readonly string[]> => {
      const plan = new BackupPlan(view);
      return this.#changes(view, (partition, backups) => {
        const wanted = plan.wanted(partition);
        // Only once all that are wanted are there.
        if (moving(partition) || !wanted.every((id) => backups.includes(id))) return backups;
        // Others stay where that is too few, as while members have yet to open what was opened meanwhile. Not at one that is to
        // be emptied: it may wait to leave.
        const others = backups.filter((id) => !wanted.includes(id) && memberOf(view, id)!.weight > 0);
        const kept = others.slice(0, view.redundancy - wanted.length);
        return backups.filter((id) => wanted.includes(id) || kept.includes(id));
      });
    };
    if (surplus(agreement.view).size === 0) return false;
    await agreement.insist((view) => {
      const changes = surplus(view);
      return this.#stopped || changes.size === 0 ? undefined : changeBackups(view, changes);
    });
    return true;
  }

  /** The copies that are wanted and for which `missing` holds, by member; `count` is how many are wanted of the partition. */
  #wanted(
    view: View,
    missing: (partition: number, id: string, count: number) => boolean,
  ): Map<string, number[]> {
    const { self } = this.#options;
    const plan = new BackupPlan(view);
    const wanted = new Map<string, number[]>();
    for (const [partition, owner] of view.owners.entries()) {
      if (owner !== self) continue;
      const ids = plan.wanted(partition);
      for (const id of ids) {
        if (!missing(partition, id, ids.length)) continue;
        const partitions = wanted.get(id) ?? [];
        wanted.set(id, partitions);
        partitions.push(partition);
      }
    }
    return wanted;
  }

  #withoutBroken(view: View): Map<number, readonly string[]> {
    const { replication } = this.#options;
    return this.#changes(view, (partition, backups) =>
      backups.filter((id) => replication.reaches(id, partition)),
    );
  }

  /** What `change` makes of the in-sync sets of this node's partitions, where that is something else. */
  #changes(
    view: View,
    change: (partition: number, backups: readonly string[]) => readonly string[],
  ): Map<number, readonly string[]> {
    const changes = new Map<number, readonly string[]>();
    for (const [partition, backups] of view.backups.entries()) {
      if (backups.length === 0 || view.owners[partition] !== this.#options.self) continue;
      const changed = change(partition, backups);
      if (changed.length !== backups.length) changes.set(partition, changed);
    }
    return changes;
  }

  #later(): void {
    if (this.#stopped) return;
    const { self, agreement, replication, clock } = this.#options;
    this.#timer?.cancel();
    this.#timer = clock.after(retryAfter, () => {
      const { view } = agreement;
      for (const member of view.members) {
        const failed = replication.present(member.id)?.failure !== undefined;
        // Until its copies are taken out, the stream that has failed tells what they have: replies may depend on it.
        const named = view.owners.some(
          (owner, partition) => owner === self && view.backups[partition]!.includes(member.id),
        );
        if (failed && !named && hasOpenedAll(view, member)) replication.to(member);
      }
      void this.#mend();
      void this.#fill();
    });
  }
}
