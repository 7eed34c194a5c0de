import type { Clock } from './clock.ts';
import { Majority } from './majority.ts';
import type { Safeguards } from './safeguards.ts';
import type { View } from './view.ts';

export interface LeaseOptions {
  /** The incarnation of this node. */
  readonly self: string;
  readonly clock: Clock;
  /** How long one grant or confirmation is good for, in ms, from when it was asked for. */
  readonly duration: number;
  readonly safeguards: Safeguards;
  /** Somebody waits for the lease: ask for it now. */
  ask(): void;
}

/** How much longer than a lease others wait before they answer for its holder: clocks do not run at the same speed. */
const margin = 1.25;

/**
 * For how many leases a node goes on with the store alone before it does without copies that it does not hear. If it is
 * the one that is cut off, the others remove it sooner: they wait for two leases and some beats, ask each other for
 * promises, for which they have two leases, and publish.
 */
const leasesAlone = 6;

/**
 * Whether this node may answer now, and what it grants to others.
 *
 * A node that is cut off cannot know that its partitions were given to somebody else. So it answers only while it holds a
 * lease: the view store has confirmed its view, or more than half of the electorate has granted it, each less than
 * `duration` ago. Whoever takes over without proof of its death first has at least half of the electorate promise that
 * they grant it nothing more, and then waits for longer than a lease lasts.
 */
export class Lease {
  readonly #options: LeaseOptions;
  readonly #grants: Majority;
  /** The same of those who said that they hear this node over their own links, too. */
  readonly #hearers: Majority;
  /** Who is granted nothing while the view of that epoch is in force: its removal may follow. */
  readonly #denied = new Map<string, { readonly epoch: number; readonly since: number }>();
  readonly #waiting = new Set<() => void>();
  #view: View | undefined;
  /** The incarnations of the members. */
  #present: ReadonlySet<string> = new Set();
  /** Whether this node votes. */
  #votes = false;
  #until = Number.NEGATIVE_INFINITY;
  /** Since when it has been valid without a gap. */
  #since = Number.NEGATIVE_INFINITY;
  /** When the others were asked for what more than half of the electorate then granted. */
  #backedAt = Number.NEGATIVE_INFINITY;
  /** The same of what more than half of it then granted and heard this node. */
  #heardAt = Number.NEGATIVE_INFINITY;
  /** This node is the whole electorate: nobody can take over without it. */
  #sole = false;
  #retired = false;

  constructor(options: LeaseOptions) {
    this.#options = options;
    this.#grants = new Majority(options.self);
    this.#hearers = new Majority(options.self);
  }

  /** How long a successor waits that has no proof, in ms. */
  get fence(): number {
    return this.#options.duration * margin;
  }

  get valid(): boolean {
    return this.#sole || this.validAt(this.#options.clock.now());
  }

  /** Whether it is valid at that time, as things are. */
  validAt(now: number): boolean {
    return this.#sole || now < this.#until || !this.#options.safeguards.leases;
  }

  /** Whether this lease needs no renewal: nobody else votes. */
  get unconditional(): boolean {
    return this.#sole;
  }

  /** Whether it is time to look for another way to renew it. */
  get low(): boolean {
    const { clock, duration } = this.#options;
    return !this.#sole && this.#until - clock.now() < duration * 0.6;
  }

  /**
   * Whether this node may decide alone to do without copies at members that are silent, as it found out at `since`. If it
   * is the one that is cut off, others are about to remove it and to go on from those copies, which must still be named
   * then. It is not if more than half of the electorate has heard it after that: over their own links, for it is those that
   * they judge by, and they may still have to dial them again when this node is already granted its lease. Or, as where
   * most of them are stopped, if it has gone on with the view store alone for longer than the others would have needed.
   */
  prevails(since: number): boolean {
    const { clock, duration, safeguards } = this.#options;
    const now = clock.now();
    if (!safeguards.restraint || this.#sole || this.#heardAt >= Math.max(since, now - duration)) return true;
    return now < this.#until && now - Math.max(this.#since, this.#backedAt) > leasesAlone * duration;
  }

  follow(view: View): void {
    const { self, clock, duration } = this.#options;
    const { electorate, members } = view;
    // Grants were given to the electorate of that time. What they were good for until now stays good.
    const anew = electorate.epoch !== this.#view?.electorate.epoch;
    this.#grants.seat(electorate, anew);
    this.#hearers.seat(electorate, anew);
    if (anew && this.#sole) {
      this.#backedAt = clock.now();
      this.#extend(clock.now() + duration);
    }
    this.#view = view;
    this.#present = new Set(members.map(({ incarnation }) => incarnation));
    this.#votes = electorate.voters.includes(self);
    this.#denied.clear();
    this.#count();
  }

  /**
   * A voter has granted the lease; it was asked at `askedAt` for the electorate that began at `epoch`. `hears`: it hears
   * this node over its own link, too.
   */
  granted(voter: string, askedAt: number, epoch: number, hears: boolean): void {
    if (epoch !== this.#view?.electorate.epoch) return;
    this.#grants.note(voter, askedAt);
    if (hears) this.#hearers.note(voter, askedAt);
    this.#count();
  }

  /** The view store was asked at `askedAt`, and had the view in force. */
  confirmed(askedAt: number): void {
    this.#extend(askedAt + this.#options.duration);
  }

  /** Whether this node, which votes, grants a lease to `asker`, at which the view of `epoch` is in force. */
  grants(asker: string, epoch: number): boolean {
    const view = this.#view;
    if (view === undefined || this.#retired || epoch < view.electorate.epoch) return false;
    return this.#votes && this.#denied.get(asker)?.epoch !== view.epoch && this.#present.has(asker);
  }

  /** Promises to grant these nodes nothing while the view of `epoch` is in force. Answers whether it is. */
  deny(incarnations: readonly string[], epoch: number): boolean {
    if (this.#view?.epoch !== epoch) return false;
    const since = this.#options.clock.now();
    for (const incarnation of incarnations) this.#denied.set(incarnation, { epoch, since });
    return true;
  }

  /** Whether a node has been denied its lease for longer than so many ms. */
  denies(incarnation: string, ms: number): boolean {
    const denied = this.#denied.get(incarnation);
    return denied !== undefined && this.#options.clock.now() - denied.since > ms;
  }

  /** They are not removed after all. */
  release(incarnations: readonly string[], epoch: number): void {
    for (const incarnation of incarnations) {
      if (this.#denied.get(incarnation)?.epoch === epoch) this.#denied.delete(incarnation);
    }
  }

  /** This node is about to leave: it grants nothing more. */
  retire(): void {
    this.#retired = true;
  }

  /** Resolves when the lease is valid, or `ms` have passed. */
  renewed(ms: number): Promise<void> {
    // One question is enough for all who wait.
    if (this.#waiting.size === 0) this.#options.ask();
    return new Promise((resolve) => {
      const wake = (): void => {
        timer.cancel();
        this.#waiting.delete(wake);
        resolve();
      };
      const timer = this.#options.clock.after(Math.max(0, ms), wake);
      this.#waiting.add(wake);
    });
  }

  /** Ends every wait: this node will not answer any more. */
  close(): void {
    for (const wake of [...this.#waiting]) wake();
  }

  /** The lease lasts as long as the newest grants of a majority do. */
  #count(): void {
    const { duration } = this.#options;
    const { since } = this.#grants;
    this.#sole = since === Number.POSITIVE_INFINITY;
    if (this.#sole) this.#wake();
    else if (since !== undefined) {
      this.#backedAt = Math.max(this.#backedAt, since);
      this.#heardAt = Math.max(this.#heardAt, this.#hearers.since ?? Number.NEGATIVE_INFINITY);
      this.#extend(since + duration);
    }
  }

  #extend(until: number): void {
    const now = this.#options.clock.now();
    if (now >= this.#until) this.#since = now;
    this.#until = Math.max(this.#until, until);
    if (this.valid) this.#wake();
  }

  #wake(): void {
    for (const wake of [...this.#waiting]) wake();
  }
}
