import type { Clock } from './clock.ts';
import { RouterError } from './errors.ts';
import type { View } from './view.ts';
import { encodeView } from './view-json.ts';
import type { ViewStore } from './view-store.ts';

/** The next view, or `undefined` when there is nothing (more) to change. Must be pure: it is tried again on conflicts. */
export type Transition = (view: View) => View | undefined;

export interface AgreementOptions {
  readonly store: ViewStore;
  readonly clock: Clock;
  /** Called with each view that comes into force here, and the one before it. */
  changed(view: View, previous: View | undefined): void;
  /** Called with each view that this node itself has published. */
  published(view: View): void;
  /** The store, asked at this time, had the view in force. */
  confirmed(askedAt: number): void;
  /** What this node believes contradicts what the cluster has agreed on: it must stop. */
  diverged(reason: string): void;
  log(message: string): void;
}

interface Waiter {
  readonly epoch: number;
  wake(): void;
}

const firstRetry = 10;
const lastRetry = 1_000;

/** The view in force at this node, how it learns of later ones, and how it publishes its own. Epochs only grow. */
export class Agreement {
  readonly #options: AgreementOptions;
  readonly #waiters = new Set<Waiter>();
  readonly #unwatch: () => void;
  readonly #sleepers = new Set<() => void>();
  #view: View | undefined;
  #publishing: Promise<unknown> = Promise.resolve();
  #reading: Promise<void> | undefined;
  /** Somebody asked for a read while one was under way. */
  #again = false;
  #closed = false;
  /** The epoch that a compare-and-set with an unknown outcome was to follow. */
  #doubtful: number | undefined;

  constructor(options: AgreementOptions) {
    this.#options = options;
    this.#unwatch = options.store.watch(() => void this.refresh());
  }

  /** The view in force. Throws before there is one: nobody may ask until the node has joined. */
  get view(): View {
    if (this.#view === undefined) throw new RouterError('CLOSED', 'this node has not joined a cluster');
    return this.#view;
  }

  get joined(): boolean {
    return this.#view !== undefined;
  }

  /**
   * Hears of a view from a peer. A later one of this cluster is taken; one that contradicts the view in force is a matter
   * for the store to decide, because the node that differs from the store is the one that must stop.
   */
  hear(view: View): void {
    const current = this.#view;
    if (current === undefined || view.epoch < current.epoch) return;
    if (view.birth === current.birth && view.epoch > current.epoch) this.adopt(view);
    else void this.refresh();
  }

  /** Takes a view that the store holds or has held; older ones are ignored. */
  adopt(view: View): void {
    if (this.#closed) return;
    const current = this.#view;
    if (current !== undefined) {
      if (view.epoch < current.epoch) return;
      if (view.epoch === current.epoch) {
        if (view !== current && encodeView(view) !== encodeView(current)) {
          this.#options.diverged(`two views have the epoch ${view.epoch}`);
        }
        return;
      }
      if (view.birth !== current.birth) {
        this.#options.diverged(`the cluster was founded anew as ${view.birth}`);
        return;
      }
    }
    this.#view = view;
    this.#options.changed(view, current);
    for (const waiter of [...this.#waiters]) if (waiter.epoch <= view.epoch) waiter.wake();
  }

  /** Reads the store and adopts what is there. Never rejects: an outage leaves the present view in force. */
  refresh(): Promise<void> {
    if (this.#closed || this.#view === undefined) return Promise.resolve();
    // A read that is under way may have missed what this one is about.
    if (this.#reading !== undefined) this.#again = true;
    this.#reading ??= this.#readAll().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #readAll(): Promise<void> {
    do {
      this.#again = false;
      await this.#read();
    } while (this.#again && !this.#closed);
  }

  /** Rejects if the store cannot be read now. */
  async probe(): Promise<void> {
    const { store, clock } = this.#options;
    const askedAt = clock.now();
    const stored = await store.read();
    if (stored === undefined) return;
    this.adopt(stored);
    if (!this.#closed && this.#view?.epoch === stored.epoch && this.#view.birth === stored.birth)
      this.#options.confirmed(askedAt);
  }

  /** Waits until a view of at least `epoch` is in force, for `ms` at most. Answers whether it is. */
  async reach(epoch: number, ms: number): Promise<boolean> {
    if (this.view.epoch >= epoch) return true;
    if (this.#closed) return false;
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        timer.cancel();
        this.#waiters.delete(waiter);
        resolve();
      };
      const waiter: Waiter = { epoch, wake };
      const timer = this.#options.clock.after(Math.max(0, ms), wake);
      this.#waiters.add(waiter);
    });
    return this.view.epoch >= epoch;
  }

  /**
   * Publishes what `transition` makes of the newest view, trying again while others publish before it, for `within` ms at
   * most, its turn included: transitions of this node are published one after another. Answers with the view that holds
   * the change.
   */
  publish(transition: Transition, within = 30_000): Promise<View> {
    const before = this.#publishing;
    const mine = this.#turn(before, within).then((left) => this.#publish(transition, left, within));
    this.#publishing = mine.then(
      () => {},
      () => before,
    );
    return mine;
  }

  /**
   * Publishes, and does not give up before it is known whether the view holds the change: while that is unknown, it may
   * have come into force for others. Rejects only when this node closes, or `transition` throws.
   */
  async insist(transition: Transition): Promise<View> {
    for (;;) {
      try {
        return await this.publish(transition);
      } catch (error) {
        if (this.#closed || (error as Partial<RouterError>).code !== 'TIMEOUT') throw error;
        this.#options.log((error as Error).message);
      }
    }
  }

  /** Waits for those who asked before. Resolves with the time that is left. */
  #turn(before: Promise<unknown>, within: number): Promise<number> {
    const { clock } = this.#options;
    const deadline = clock.now() + within;
    return new Promise((resolve, reject) => {
      const timer = clock.after(within, () => reject(tooLate(within)));
      void before.then(() => {
        timer.cancel();
        resolve(deadline - clock.now());
      });
    });
  }

  close(): void {
    this.#closed = true;
    this.#unwatch();
    for (const waiter of [...this.#waiters]) waiter.wake();
    for (const wake of [...this.#sleepers]) wake();
  }

  async #publish(transition: Transition, left: number, within: number): Promise<View> {
    const { store, clock, log } = this.#options;
    const deadline = clock.now() + left;
    let tried = false;
    for (let retry = firstRetry; ; retry = Math.min(retry * 2, lastRetry)) {
      if (this.#closed) throw new RouterError('CLOSED', 'this node is closed');
      const base = this.view;
      // A change that was given up may still take effect. Whoever does not want it any more must rule it out first.
      const next =
        transition(base) ?? (this.#doubtful === base.epoch ? { ...base, epoch: base.epoch + 1 } : undefined);
      if (next === undefined) return base;
      if (tried && clock.now() > deadline) throw tooLate(within);
      tried = true;
      const askedAt = clock.now();
      try {
        if (await store.compareAndSet(base.epoch, next)) {
          this.adopt(next);
          if (this.#view?.epoch === next.epoch) this.#options.confirmed(askedAt);
          this.#options.published(next);
          return next;
        }
        await this.#read();
        // Somebody else was first: go on from their view at once.
        if (this.view.epoch > base.epoch) retry = firstRetry;
      } catch (error) {
        this.#doubtful = base.epoch;
        // The outcome is unknown. Transitions notice when their change is already there, so trying again is safe.
        log(`the view store failed: ${(error as Error).message}`);
        await this.#read();
      }
      if (this.view.epoch === base.epoch) await this.#pause(retry);
    }
  }

  async #read(): Promise<void> {
    try {
      await this.probe();
    } catch (error) {
      this.#options.log(`the view store cannot be read: ${(error as Error).message}`);
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        timer.cancel();
        this.#sleepers.delete(wake);
        resolve();
      };
      const timer = this.#options.clock.after(ms, wake);
      this.#sleepers.add(wake);
    });
  }
}

function tooLate(within: number): RouterError {
  const message = `the view could not be changed within ${within} ms: is the view store well?`;
  return new RouterError('TIMEOUT', message);
}
