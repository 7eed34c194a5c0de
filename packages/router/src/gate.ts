import type { Clock } from './clock.ts';
import type { Outflow } from './outflow.ts';
import type { Replication } from './replication.ts';
import type { View } from './view.ts';

export interface GateOptions {
  readonly self: string;
  readonly clock: Clock;
  readonly replication: Replication;
  view(): View;
}

/** What a reply waits for: so many copies to have everything that it could have observed. */
export interface Passage {
  /** Resolves with whether it is safe to answer; not at all once it was given up. */
  readonly safe: Promise<boolean>;
  /** Nobody waits for it any more. */
  giveUp(): void;
}

/** A reply that waits for one copy. */
interface Held {
  readonly id: string;
  readonly partition: number;
  /** The stream that carried the last change the reply could have observed, and where in it. */
  readonly outflow: Outflow | undefined;
  readonly position: number;
  /** `false`: nobody will ever know. */
  resolve(safe: boolean): void;
}

/**
 * Holds replies back until everything they could have observed is on the whole published set of copies: whichever copy is
 * promoted if this node dies now, it has what the caller was told. A copy that cannot be reached is first taken out of
 * the published set.
 */
export class Gate {
  readonly #options: GateOptions;
  /** Copies whose publication is under way: they may be in the published set already. By partition. */
  readonly #joining = new Map<number, Set<string>>();
  /** By the member that has the copy, in the order in which they began to wait. */
  readonly #held = new Map<string, Set<Held>>();
  /** The view that was looked at last, and whether it names no copies. */
  #seen: View | undefined;
  #copiless = false;
  #closed = false;
  #emptied: (() => void) | undefined;

  constructor(options: GateOptions) {
    this.#options = options;
  }

  /** Whether no reply waits for anything: nobody has copies, or is about to. */
  get open(): boolean {
    const view = this.#options.view();
    if (view !== this.#seen) {
      this.#seen = view;
      this.#copiless = view.redundancy === 0 && view.backups.every(({ length }) => length === 0);
    }
    return this.#copiless && this.#joining.size === 0;
  }

  /** What an answer for these partitions, as they are now, must wait for; `undefined`: nothing. */
  pass(partitions: Iterable<number>): Passage | undefined {
    // Others have gone on from copies as they were: what ends here only now may be missing there.
    if (this.#closed && this.#options.view().redundancy > 0)
      return { safe: Promise.resolve(false), giveUp: () => {} };
    const held: Held[] = [];
    const waits: Promise<boolean>[] = [];
    for (const partition of partitions) {
      for (const id of this.#copies(partition)) {
        const wait = this.#wait(id, partition, held);
        if (wait !== undefined) waits.push(wait);
      }
    }
    if (waits.length === 0) return undefined;
    const safe = Promise.all(waits).then((all) => all.every(Boolean));
    const giveUp = (): void => {
      for (const each of held) this.#forget(each);
    };
    return { safe, giveUp };
  }

  /** Replies wait for these copies as well, from now until `work`, which publishes them, has its outcome. */
  async including<T>(id: string, partitions: readonly number[], work: () => Promise<T>): Promise<T> {
    for (const partition of partitions) {
      const joining = this.#joining.get(partition) ?? new Set();
      this.#joining.set(partition, joining.add(id));
    }
    try {
      return await work();
    } finally {
      for (const partition of partitions) {
        const joining = this.#joining.get(partition)!;
        joining.delete(id);
        if (joining.size === 0) this.#joining.delete(partition);
      }
      this.review(id);
    }
  }

  /** Whether replies for a partition count on the copy that a member has, or may have by now. */
  counts(id: string, partition: number): boolean {
    return [...this.#copies(partition)].includes(id);
  }

  /** Another view is in force, or the stream to one member has come further: lets go on whom nothing holds any more. */
  review(member?: string): void {
    const { self, view } = this.#options;
    for (const id of member === undefined ? [...this.#held.keys()] : [member]) {
      for (const each of [...(this.#held.get(id) ?? [])]) {
        const { partition, outflow, position } = each;
        const { owners, backups } = view();
        const needed = backups[partition]!.includes(id) || this.#joining.get(partition)?.has(id) === true;
        // A partition that this node has handed over was sealed, and its new owner has everything.
        if (needed && owners[partition] === self && outflow?.arrived(partition, position) !== true) continue;
        this.#forget(each);
        each.resolve(true);
      }
    }
  }

  /** Resolves when no reply waits any more, or after `ms`. */
  async settled(ms: number): Promise<void> {
    if (this.#held.size === 0 || ms <= 0) return;
    await new Promise<void>((resolve) => {
      const timer = this.#options.clock.after(ms, resolve);
      this.#emptied = () => {
        timer.cancel();
        resolve();
      };
    });
  }

  /** This node will not learn what others have: whoever waits is told so. */
  close(): void {
    this.#closed = true;
    for (const held of [...this.#held.values()]) {
      for (const each of [...held]) {
        this.#forget(each);
        each.resolve(false);
      }
    }
  }

  /** Who has a copy of a partition, or may have one by now. */
  #copies(partition: number): Iterable<string> {
    const { self, view } = this.#options;
    const { owners, backups } = view();
    // What was begun here and ended after the partition went elsewhere has changed nothing here.
    if (owners[partition] !== self) return [];
    const joining = this.#joining.size === 0 ? undefined : this.#joining.get(partition);
    const published = backups[partition]!;
    return joining === undefined ? published : new Set([...published, ...joining]);
  }

  #wait(id: string, partition: number, list: Held[]): Promise<boolean> | undefined {
    const outflow = this.#options.replication.present(id);
    const position = outflow?.position(partition) ?? 0;
    if (outflow?.arrived(partition, position) === true) return undefined;
    if (this.#closed) return Promise.resolve(false);
    return new Promise((resolve) => {
      const each: Held = { id, partition, outflow, position, resolve };
      const held = this.#held.get(id) ?? new Set();
      this.#held.set(id, held.add(each));
      list.push(each);
    });
  }

  #forget(each: Held): void {
    const held = this.#held.get(each.id);
    if (held === undefined) return;
    held.delete(each);
    if (held.size === 0) this.#held.delete(each.id);
    if (this.#held.size === 0) this.#emptied?.();
  }
}
