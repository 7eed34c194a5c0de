import type { Agreement } from './agreement.ts';
import type { Clock, Timer } from './clock.ts';
import type { Electors } from './electors.ts';
import type { Identity } from './handshake.ts';
import { beatsToFailure } from './heartbeat.ts';
import type { Lease } from './lease.ts';
import type { Mesh } from './mesh.ts';
import type { Router } from './router.ts';
import type { Safeguards } from './safeguards.ts';
import type { Handler } from './services.ts';
import { fail, type Member, reseat, sizeOf, type View, wantsReseating } from './view.ts';

export interface SuspicionOptions {
  readonly self: Member;
  readonly clock: Clock;
  readonly agreement: Agreement;
  readonly electors: Electors;
  readonly lease: Lease;
  readonly mesh: Mesh;
  readonly router: Router;
  readonly safeguards: Safeguards;
  /** For how long a member must have been silent, in ms. */
  readonly failureAfter: number;
  /** Whether this node has no way to others at all. */
  cutOff(): boolean;
  /** Asks another member something about `incarnations`, as of `epoch`; answers whether it agrees. */
  ask(
    id: string,
    what: 'promise' | 'release',
    epoch: number,
    incarnations: readonly string[],
  ): Promise<unknown>;
  log(message: string): void;
}

/**
 * Watches over the members, and over this node's own lease. A member that is silent for too long is removed if at least
 * half of the electorate promises to grant it nothing more; nobody knows whether it is dead, so whoever takes its
 * partitions waits until its lease must have run out. Where more than half is silent, nothing can be decided: their keys
 * cannot be reached until they are back, proved dead, or forgotten by an operator.
 */
export class Suspicion {
  readonly #options: SuspicionOptions;
  readonly #interval: number;
  #timer: Timer | undefined;
  #lastBeat: number;
  #proposing = false;
  /** An empty view, or one with another electorate, is being published. */
  #publishing = false;
  #stopped = false;

  constructor(options: SuspicionOptions) {
    this.#options = options;
    this.#interval = options.failureAfter / beatsToFailure;
    this.#lastBeat = options.clock.now();
  }

  /** What this node answers to others. */
  get handlers(): Readonly<Record<string, Handler>> {
    return {
      promise: (_context, epoch: number, incarnations: readonly string[]) =>
        this.#promise(epoch, incarnations),
      release: (_context, epoch: number, incarnations: readonly string[]) =>
        this.#options.lease.release(incarnations, epoch),
    };
  }

  /** Whether a node is heard over this node's own link to it: it will not be suspected unless that changes. */
  hears({ id, incarnation }: Identity): boolean {
    const peer = this.#options.mesh.get(id);
    return peer?.incarnation === incarnation && peer.heardWithin(2 * this.#interval);
  }

  /** From now on this node watches. */
  start(): void {
    this.#lastBeat = this.#options.clock.now();
    this.#next();
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  #next(): void {
    if (!this.#stopped) this.#timer = this.#options.clock.after(this.#interval, () => this.#beat());
  }

  #beat(): void {
    const { clock, mesh, lease, agreement, cutOff } = this.#options;
    this.#next();
    const now = clock.now();
    // A beat that comes late shows that this process was stopped or busy: blame nobody else for the silence.
    if (now - this.#lastBeat > 2 * this.#interval || cutOff()) mesh.excuse();
    this.#lastBeat = now;
    // The others do not make a majority, or do not answer: perhaps the view store does.
    if (lease.low) void agreement.refresh();
    if (!this.#proposing) void this.#propose();
    void this.#reseat();
    void this.#absolve();
  }

  /**
   * Whoever was denied a lease and can be heard again is to have it, though the one who asked for that promise may be gone:
   * the next view, whatever it says, rules the removal out.
   */
  async #absolve(): Promise<void> {
    const { agreement, lease, mesh, failureAfter, log } = this.#options;
    const { view } = agreement;
    const heard = view.members.some(
      (member) => lease.denies(member.incarnation, failureAfter) && mesh.silence(member) < 2 * this.#interval,
    );
    if (!heard || this.#proposing || this.#publishing) return;
    this.#publishing = true;
    try {
      await agreement.publish((current) =>
        current.epoch === view.epoch && !this.#stopped ? { ...current, epoch: current.epoch + 1 } : undefined,
      );
    } catch (error) {
      log(`taking a promise back: ${(error as Error).message}`);
    } finally {
      this.#publishing = false;
    }
  }

  /** The electorate follows the members as soon as it may. */
  async #reseat(): Promise<void> {
    const { agreement, electors, log } = this.#options;
    const due = (view: View): boolean => wantsReseating(view) && electors.formerIsOver(view);
    if (this.#publishing || !due(agreement.view) || this.#rank(agreement.view) > 0) return;
    this.#publishing = true;
    try {
      await agreement.publish((view) =>
        due(view) && !this.#stopped ? reseat({ ...view, epoch: view.epoch + 1 }) : undefined,
      );
    } catch (error) {
      log(`changing the electorate: ${(error as Error).message}`);
    } finally {
      this.#publishing = false;
    }
  }

  async #propose(): Promise<void> {
    const { log } = this.#options;
    const { view } = this.#options.agreement;
    const suspects = this.#suspects(view);
    if (suspects.length === 0) return;
    this.#proposing = true;
    try {
      await this.#remove(view, suspects);
    } catch (error) {
      log(`removing silent members: ${(error as Error).message}`);
    } finally {
      this.#proposing = false;
    }
  }

  async #remove(view: View, suspects: readonly Member[]): Promise<void> {
    const { self, agreement, electors, lease, mesh, ask, router, log } = this.#options;
    const incarnations = suspects.map(({ incarnation }) => incarnation);
    const others = view.members.filter(
      ({ incarnation }) => incarnation !== self.incarnation && !incarnations.includes(incarnation),
    );
    const mayVote = [self, ...others].filter(({ incarnation }) =>
      view.electorate.voters.includes(incarnation),
    );
    // Nothing is promised in vain: a promise binds until the next view.
    if (!electors.formerIsOver(view) || !this.#enough(view, mayVote.length)) return;
    await agreement.probe();
    if (agreement.view !== view || !lease.deny(incarnations, view.epoch)) return;
    const votes = new Map<string, number>(incarnations.map((incarnation) => [incarnation, 0]));
    const count = ({ incarnation }: Member, promised: unknown): void => {
      if (!Array.isArray(promised) || !view.electorate.voters.includes(incarnation)) return;
      for (const suspect of promised) if (votes.has(suspect)) votes.set(suspect, votes.get(suspect)! + 1);
    };
    count(self, incarnations);
    await Promise.all(
      others.map(async (other) => {
        try {
          count(other, await ask(other.id, 'promise', view.epoch, incarnations));
        } catch {
          // One that does not answer has promised nothing, as far as anybody knows.
        }
      }),
    );
    const doomed = suspects.filter(({ incarnation }) => this.#enough(view, votes.get(incarnation)!));
    if (doomed.length > 0) {
      log(`${doomed.map(({ id }) => id).join(', ')} do not answer and are removed`);
      const ids = doomed.map(({ id }) => id);
      // While the view store was out of reach they may have come back.
      const back = (): boolean => doomed.some((member) => mesh.silence(member) < this.#interval);
      await agreement.insist((current) =>
        this.#stopped || current.epoch !== view.epoch || back()
          ? undefined
          : electors.seated(
              current,
              fail(current, ids, router, 'suspected', (id) => id === self.id || mesh.get(id)?.up === true),
            ),
      );
    }
    // Whoever has another view has forgotten what was promised before it.
    const spared = agreement.view.epoch === view.epoch ? incarnations : [];
    if (spared.length > 0) {
      lease.release(spared, view.epoch);
      for (const other of others) ask(other.id, 'release', view.epoch, spared).catch(() => {});
    }
  }

  /** Those who have been silent for too long. Members wait for each other in order, so that one of them proposes. */
  #suspects(view: View): Member[] {
    const { mesh, failureAfter } = this.#options;
    const patience = failureAfter + this.#rank(view) * this.#interval;
    return view.members.filter((member) => mesh.silence(member) > patience);
  }

  /** How many members that are heard of come before this one. */
  #rank({ members }: View): number {
    const { self, mesh, failureAfter } = this.#options;
    return members.filter((member) => member.id < self.id && mesh.silence(member) <= failureAfter).length;
  }

  /** Grants nothing more to those whom this node does not hear either. */
  #promise(epoch: number, incarnations: readonly string[]): string[] {
    const { agreement, clock, mesh, lease, failureAfter } = this.#options;
    const { members } = agreement.view;
    // What was sent to this node while it was stopped comes before it has noticed that it was.
    if (clock.now() - this.#lastBeat > 2 * this.#interval) return [];
    const silent = incarnations.filter((incarnation) => {
      const member = members.find((each) => each.incarnation === incarnation);
      return member !== undefined && mesh.silence(member) > failureAfter / 2;
    });
    return lease.deny(silent, epoch) ? silent : [];
  }

  /** Whether so many promises leave no majority to those who are silent. */
  #enough({ electorate }: View, promises: number): boolean {
    return 2 * (promises + electorate.gone) >= sizeOf(electorate) || !this.#options.safeguards.promises;
  }
}
