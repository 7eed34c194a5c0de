import type { Clock, Timer } from './clock.ts';
import {
  type CopyRecord,
  copyRecords,
  type StreamAnswer,
  type StreamMessage,
  sizeOfUnit,
  type Unit,
} from './replica-stream.ts';
import type { ReplicaRecord, Services } from './services.ts';
import type { Throttle } from './throttle.ts';
import type { View } from './view.ts';

export interface OutflowOptions {
  readonly stream: string;
  readonly services: Services;
  readonly clock: Clock;
  /** The pace of copies, shared by the streams of this node; changes are never held up by it. */
  readonly throttle: Throttle;
  /** What a message has room for beside the largest value, in bytes. */
  readonly spare: number;
  /** How long the target may leave something unanswered before the stream is given up, in ms. */
  readonly patience: number;
  /** Turned off in one test only: changes then leave in whatever order. */
  readonly ordered: boolean;
  view(): View;
  /** Whether the target is known to take many entries in one record. */
  pages(): boolean;
  /** Whether the target's copy of a partition is counted on: the view names it, or may be about to. */
  counted(partition: number): boolean;
  send(message: StreamMessage): Promise<StreamAnswer>;
  /** Something was acknowledged; `broken`: a copy was refused, or the stream has failed. */
  progress(broken: boolean): void;
}

/** Which services a copy has: all of them, to be handed over; or those whose data the user wants backed up. */
export type Scope = 'all' | 'backed';

/** One partition on this stream. */
interface Copied {
  scope: Scope;
  /** That of this node's ownership as it began. */
  readonly term: number;
  /** The position of the record that began it. */
  readonly since: number;
  /** The position of the record with which it is all there; none while it is being copied. */
  complete: number;
  /** The position of the last change. */
  last: number;
}

interface Sent {
  readonly sequence: number;
  readonly units: readonly Unit[];
  /** The position of the last of its units. */
  readonly upTo: number;
  readonly at: number;
  answered: boolean;
}

/**
 * How many units, and how many bytes as far as they are known, go into one message. Calls wait at both ends while one is
 * written or read, so messages are small; as soon as one is answered the next leaves.
 */
const chunkUnits = 256;
const mostChunkBytes = 16 * 1024;
/** Messages that may wait for their answers. */
const window = 8;
/** Changes, and bytes, that may wait to be sent; a stream that falls further behind than this is given up. */
const backlog = 100_000;
const backlogBytes = 64 * 1024 * 1024;
const resendAfter = 20;
/** How long copying may hold up all else that this process has to do, in ms, before that is done first. */
const slice = 0.2;

/** What another attempt may mend: the target cannot be reached or is busy now. */
const passing: ReadonlySet<unknown> = new Set(['NODE_DOWN', 'UNKNOWN_OUTCOME', 'TIMEOUT', 'OVERLOADED']);

/**
 * The owner's end of the replica stream to one other member: partitions are copied there one after another, and all their
 * changes follow in order on the same stream. What is not answered is sent again until the link stands or patience ends.
 */
export class Outflow {
  readonly #options: OutflowOptions;
  /** So much of a message can be there already when the largest value is added to it. */
  readonly #chunkBytes: number;
  readonly #copies = new Map<number, Copied>();
  readonly #refused = new Set<number>();
  #queue: Unit[] = [];
  #bytes = 0;
  #sequence = 0;
  /** Positions count units: how many were made, and how many the target has applied. */
  #made = 0;
  #applied = 0;
  readonly #sent: Sent[] = [];
  #resend: Timer | undefined;
  #failure: Error | undefined;
  #feeding: Promise<unknown> = Promise.resolve();
  /** When copying has held up all else for long enough. */
  #sliceEnds = 0;
  readonly #waiting = new Set<() => void>();
  /** For the progress that `status` shows. */
  sentRecords = 0;
  sentBytes = 0;

  constructor(options: OutflowOptions) {
    this.#options = options;
    this.#chunkBytes = Math.min(mostChunkBytes, options.spare / 4);
  }

  /** Why it was given up, if it was. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  get partitions(): Iterable<number> {
    return this.#copies.keys();
  }

  has(partition: number): boolean {
    return this.#copies.has(partition);
  }

  /** The position of the last change to a partition. */
  position(partition: number): number {
    return this.#copies.get(partition)?.last ?? 0;
  }

  /** Whether everything up to a position is at the target. */
  applied(position: number): boolean {
    return this.#applied >= position;
  }

  /**
   * Whether the target's copy of a partition has everything up to a position. One that this stream does not know any more
   * has nothing for certain; nor has one that was begun anew, until it is complete.
   */
  arrived(partition: number, position: number): boolean {
    const copy = this.#copies.get(partition);
    return copy !== undefined && this.applied(Math.max(position, copy.complete));
  }

  /**
   * Copies partitions while they change. Resolves when the target's copies are in sync, and will stay so; rejects when the
   * target refuses one or the stream fails. What is there already, in that scope, is not copied again.
   */
  async copy(partitions: readonly number[], scope: Scope): Promise<void> {
    const mine = this.#feeding.then(() => this.#feed(partitions, scope));
    this.#feeding = mine.catch(() => {});
    await mine;
    await this.settled(partitions);
  }

  /** Resolves when everything said of these partitions so far was applied; rejects if one of them cannot be. */
  async settled(partitions: readonly number[]): Promise<void> {
    const position = this.#made;
    while (!this.applied(position)) {
      this.#check();
      await this.#progress();
    }
    this.#check();
    const refused = partitions.find((partition) => !this.#copies.has(partition));
    if (refused !== undefined) throw new Error(`partition ${refused} was refused`);
  }

  /** Tells the target of this stream, so that it drops what an earlier one has left behind. */
  greet(): void {
    this.#push([]);
  }

  /** Goes on with the copy that the target has from the owner before this one, who left it as this one took it over. */
  attach(partition: number): void {
    const { terms, origins } = this.#options.view();
    const copy = this.#begin(partition, 'backed', ['attach', terms[partition]!, origins[partition]!]);
    copy.complete = copy.last;
  }

  /** The target may drop its copies. */
  close(partitions: Iterable<number>): void {
    for (const partition of partitions) {
      if (!this.#copies.delete(partition)) continue;
      this.#push([[copyRecords, partition, ['close']]]);
    }
  }

  /** Copies that the target has refused to go on with, and may still have. */
  get refused(): Iterable<number> {
    return this.#refused;
  }

  /** The target may drop its copies, those that it has refused as well. */
  abandon(partitions: Iterable<number>): void {
    for (const partition of partitions) {
      this.#copies.delete(partition);
      this.#refused.delete(partition);
      this.#push([[copyRecords, partition, ['close']]]);
    }
  }

  /** What is not this node's any more, or is so anew: whoever had it since has said what becomes of copies. */
  release(view: View, self: string): void {
    for (const [partition, { term }] of this.#copies) {
      if (view.owners[partition] !== self || view.terms[partition] !== term) this.#copies.delete(partition);
    }
  }

  /** What a call has changed; it follows the copies that are there or on their way. */
  changed(pieces: Unit): void {
    const wanted = pieces.filter(([service, partition]) => this.#wants(service, partition));
    if (wanted.length > 0) this.#push(wanted);
  }

  /** Says something of a service that changes do not tell, to a copy of `all`. */
  tell(service: string, partition: number, record: ReplicaRecord): void {
    this.#push([[service, partition, record]]);
  }

  fail(reason: Error): void {
    if (this.#failure !== undefined) return;
    this.#failure = reason;
    this.#queue = [];
    this.#sent.length = 0;
    this.#bytes = 0;
    this.#resend?.cancel();
    this.#told(true);
  }

  #wants(service: string, partition: number): boolean {
    const copy = this.#copies.get(partition);
    return (
      copy !== undefined && (copy.scope === 'all' || this.#options.services.get(service)?.backed !== false)
    );
  }

  #begin(partition: number, scope: Scope, record: CopyRecord): Copied {
    const since = this.#made + 1;
    const term = this.#options.view().terms[partition]!;
    const copy: Copied = { scope, term, since, complete: Number.POSITIVE_INFINITY, last: since };
    this.#refused.delete(partition);
    this.#copies.set(partition, copy);
    this.#push([[copyRecords, partition, record]]);
    return copy;
  }

  async #feed(partitions: readonly number[], scope: Scope): Promise<void> {
    const { services, view, counted, pages } = this.#options;
    for (const partition of partitions) {
      this.#check();
      const there = this.#copies.get(partition);
      if (there?.scope === 'all' || there?.scope === scope) continue;
      if (there === undefined) {
        // It was refused, or went with an earlier stream. What replies and others count on is first taken out.
        if (counted(partition)) throw new Error(`the copy of partition ${partition} is not in sync`);
        const { terms, origins } = view();
        this.#begin(partition, scope, ['open', terms[partition]!, origins[partition]!]);
      } else there.scope = scope;
      const copy = this.#copies.get(partition)!;
      for (const [name, service] of services.entries()) {
        const backed = service.backed !== false;
        // A copy that was a backup lacks only what is not backed up.
        if (service.replica === undefined || (there === undefined ? scope === 'backed' && !backed : backed))
          continue;
        for (const record of service.replica.snapshot(partition, pages())) {
          const unit: Unit = [[name, partition, record]];
          this.#push(unit);
          await this.#room(sizeOfUnit(unit), scope);
          if (this.#copies.get(partition) !== copy) throw new Error(`partition ${partition} has gone`);
        }
      }
      if (there !== undefined) continue;
      this.#push([[copyRecords, partition, ['synced']]]);
      copy.complete = copy.last;
    }
  }

  /** Resolves when there is room for more of a copy, after so many bytes of it. */
  async #room(bytes: number, scope: Scope): Promise<void> {
    const { throttle, clock } = this.#options;
    const wait = throttle.pass(bytes);
    if (wait > 0) await this.#pause((wake) => clock.after(wait, wake));
    while (this.#queue.length >= chunkUnits || this.#bytes >= this.#chunkBytes) {
      this.#check();
      await this.#progress();
    }
    // Backups do not wait: while partitions are moved, they are copied only where there are too few.
    while (scope === 'all' && throttle.held && this.#failure === undefined)
      await this.#pause((wake) => throttle.released(wake));
    if (clock.now() >= this.#sliceEnds) {
      await new Promise<void>((resolve) => clock.defer(resolve));
      this.#sliceEnds = clock.now() + slice;
    }
    this.#check();
  }

  /** Waits for a timer or the like, unless the stream fails first. */
  #pause(start: (wake: () => void) => Timer): Promise<void> {
    return new Promise((resolve) => {
      const failed = (): void => {
        if (this.#failure === undefined) this.#waiting.add(failed);
        else end();
      };
      const end = (): void => {
        timer.cancel();
        this.#waiting.delete(failed);
        resolve();
      };
      const timer = start(end);
      this.#waiting.add(failed);
    });
  }

  #push(unit: Unit): void {
    if (this.#queue.length >= backlog || this.#bytes >= backlogBytes)
      this.fail(new Error('the target does not keep up with the changes'));
    if (this.#failure !== undefined) {
      // It will never get there.
      for (const [, partition] of unit) {
        const copy = this.#copies.get(partition);
        if (copy !== undefined) copy.last = Number.POSITIVE_INFINITY;
      }
      return;
    }
    this.#made += 1;
    for (const [, partition] of unit) {
      const copy = this.#copies.get(partition);
      if (copy !== undefined) copy.last = this.#made;
    }
    if (this.#options.ordered || unit.every(([service]) => service === copyRecords)) this.#queue.push(unit);
    else this.#queue.splice(Math.max(0, this.#queue.length - 1), 0, unit);
    this.#bytes += sizeOfUnit(unit);
    this.#pump();
  }

  #pump(): void {
    while (this.#resend === undefined && this.#sent.length < window && this.#queue.length > 0) {
      let bytes = 0;
      let end = 0;
      while (end < Math.min(this.#queue.length, chunkUnits) && bytes < this.#chunkBytes) {
        bytes += sizeOfUnit(this.#queue[end]!);
        end += 1;
      }
      const units = this.#queue.splice(0, end);
      this.#bytes -= bytes;
      for (const unit of units) this.#count(unit);
      const upTo = this.#made - this.#queue.length;
      const at = this.#options.clock.now();
      const message: Sent = { sequence: this.#sequence++, units, upTo, at, answered: false };
      this.#sent.push(message);
      this.#transmit(message);
    }
  }

  #count(unit: Unit): void {
    const { services } = this.#options;
    for (const piece of unit) {
      const [service, , record] = piece;
      if (service === copyRecords) continue;
      this.sentRecords += services.get(service)?.replica?.entriesIn?.(record) ?? 1;
      this.sentBytes += sizeOfUnit([piece]);
    }
  }

  #transmit(message: Sent): void {
    const { stream, send, view } = this.#options;
    const { sequence, units } = message;
    send({ stream, sequence, epoch: view().epoch, units }).then(
      (answer) => this.#answered(message, answer),
      (error: Error & { code?: unknown }) => {
        if (passing.has(error.code)) this.#unanswered(message, error);
        else this.fail(error);
      },
    );
  }

  #answered(message: Sent, answer: StreamAnswer): void {
    if (this.#failure !== undefined || message.answered) return;
    if (answer === 'over') this.fail(new Error('the target knows a later stream'));
    else if (typeof answer === 'string')
      this.#unanswered(message, new Error(`the target is not there yet (${answer})`));
    else {
      message.answered = true;
      let refused = false;
      for (const partition of answer) {
        // What was said before the copy began anew is about an earlier one.
        if ((this.#copies.get(partition)?.since ?? Number.POSITIVE_INFINITY) > message.upTo) continue;
        this.#copies.delete(partition);
        this.#refused.add(partition);
        refused = true;
      }
      while (this.#sent[0]?.answered === true) this.#applied = this.#sent.shift()!.upTo;
      this.#told(refused);
      this.#pump();
    }
  }

  #unanswered(message: Sent, error: Error): void {
    if (this.#failure !== undefined || message.answered) return;
    const { clock, patience } = this.#options;
    if (clock.now() - this.#sent[0]!.at > patience) {
      this.fail(error);
      return;
    }
    this.#resend ??= clock.after(resendAfter, () => {
      this.#resend = undefined;
      for (const each of [...this.#sent]) if (!each.answered) this.#transmit(each);
      this.#pump();
    });
  }

  #told(broken: boolean): void {
    for (const wake of [...this.#waiting]) {
      this.#waiting.delete(wake);
      wake();
    }
    this.#options.progress(broken);
  }

  #progress(): Promise<void> {
    return new Promise((resolve) => void this.#waiting.add(resolve));
  }

  #check(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }
}
