import type { Clock } from './clock.ts';
import { RouterError } from './errors.ts';
import type { CallContext, Handler, ReplicaRecord, Services } from './services.ts';
import type { Move, View } from './view.ts';

/** A record on the wire: of which service, which partition, and what. */
type Piece = readonly [service: string, partition: number, record: ReplicaRecord];

/** A partition as a stream begins: the target refuses a term or an origin that it knows to be over. */
type Opening = readonly [partition: number, term: number, origin: number];

/** What the two ends of a replica stream say to each other; each answers once it was applied. */
export interface ReplicaMessages {
  begin: [stream: string, openings: Opening[]];
  pieces: [stream: string, sequence: number, pieces: Piece[]];
  finish: [stream: string, sequence: number];
  abort: [stream: string];
}

export interface OutflowOptions {
  /** `incarnation:number`, unique over all streams of all nodes; later streams of a node have higher numbers. */
  readonly stream: string;
  readonly moves: readonly Move[];
  readonly view: View;
  readonly services: Services;
  readonly clock: Clock;
  /** The pace, shared by the streams of this node. */
  readonly throttle: Throttle;
  /** Turned off in one test only: records then leave in whatever order. */
  readonly ordered: boolean;
  /** Turned off in one test only: work in flight then stays behind. */
  readonly parting: boolean;
  send<T extends keyof ReplicaMessages>(type: T, args: ReplicaMessages[T]): Promise<unknown>;
}

/** How many records, and how many bytes as far as they are known, go into one message. */
const chunkRecords = 256;
const chunkBytes = 64 * 1024;
/** Messages that may wait for their answers. */
const window = 4;
/** Changes, and bytes, that may wait to be sent; a stream that falls further behind than this is given up. */
const backlog = 100_000;
const backlogBytes = 64 * 1024 * 1024;

/** The owner's end of a replica stream: a group of partitions on their way to one member. */
export class Outflow {
  readonly partitions: ReadonlySet<number>;
  readonly #options: OutflowOptions;
  #pending: Piece[] = [];
  #bytes = 0;
  #sequence = 0;
  #waiting = 0;
  #failure: unknown;
  #wake: (() => void) | undefined;
  /** Ends a wait for the throttle. */
  #interrupt: (() => void) | undefined;
  /** For the progress that `status` shows. */
  sentRecords = 0;
  sentBytes = 0;

  constructor(options: OutflowOptions) {
    this.#options = options;
    this.partitions = new Set(options.moves.map(({ partition }) => partition));
  }

  /** Sends everything the partitions hold, with the changes that are made meanwhile, until little is left to send. */
  async copy(): Promise<void> {
    const { stream, view, services, send } = this.#options;
    const openings = [...this.partitions].map(
      (partition): Opening => [partition, view.terms[partition]!, view.origins[partition]!],
    );
    await send('begin', [stream, openings]);
    for (const partition of this.partitions) {
      for (const [name, { replica }] of services.entries()) {
        if (replica === undefined) continue;
        for (const record of replica.snapshot(partition)) {
          this.#push(name, partition, record);
          while (this.#pending.length >= chunkRecords || this.#bytes >= chunkBytes) await this.#send();
        }
      }
    }
    await this.#drain();
  }

  /** Sends the last changes, after the partitions were sealed. When it resolves, the target's copy is in sync. */
  async finish(): Promise<void> {
    const { stream, services, send, parting } = this.#options;
    for (const partition of this.partitions) {
      for (const [name, { replica }] of services.entries()) {
        if (replica === undefined || !parting) continue;
        for (const record of replica.parting(partition)) this.#push(name, partition, record);
      }
    }
    await this.#drain();
    await send('finish', [stream, this.#sequence]);
  }

  /** A change the owner has made to one of the partitions. */
  changed(service: string, partition: number, record: ReplicaRecord): void {
    if (this.#failure !== undefined) return;
    const behind = this.#pending.length >= backlog || this.#bytes >= backlogBytes;
    if (behind) this.fail(new Error('the target does not keep up with the changes'));
    else this.#push(service, partition, record);
  }

  /** Gives the stream up; whatever waits for it rejects. */
  fail(reason: unknown): void {
    this.#failure ??= reason;
    this.#pending = [];
    this.#bytes = 0;
    this.#wake?.();
    this.#interrupt?.();
  }

  /** Tells the target that its copy is worth nothing. Rejects if it may not have heard of it. */
  async abort(): Promise<void> {
    await this.#options.send('abort', [this.#options.stream]);
  }

  #push(service: string, partition: number, record: ReplicaRecord): void {
    if (this.#options.ordered) this.#pending.push([service, partition, record]);
    else this.#pending.unshift([service, partition, record]);
    this.#bytes += sizeOf(record);
  }

  async #drain(): Promise<void> {
    while (this.#pending.length > 0 || this.#waiting > 0) {
      if (this.#pending.length > 0) await this.#send();
      else await this.#answered();
      this.#check();
    }
    this.#check();
  }

  /** Sends a message of what is pending, once the window lets it, and waits for the throttle. */
  async #send(): Promise<void> {
    while (this.#waiting >= window) await this.#answered();
    this.#check();
    let bytes = 0;
    let end = 0;
    while (end < Math.min(this.#pending.length, chunkRecords) && bytes < chunkBytes) {
      bytes += sizeOf(this.#pending[end]![2]);
      end += 1;
    }
    const pieces = this.#pending.splice(0, end);
    this.#bytes -= bytes;
    const { stream, send, throttle, clock } = this.#options;
    this.sentRecords += pieces.length;
    this.sentBytes += bytes;
    this.#waiting += 1;
    // Sent before anything is awaited: the order of sending is the order of the changes.
    send('pieces', [stream, this.#sequence++, pieces]).then(
      () => this.#settle(),
      (error: unknown) => this.#settle(error ?? new Error('refused')),
    );
    const wait = throttle.pass(bytes);
    if (wait === 0) return;
    await new Promise<void>((resolve) => {
      const timer = clock.after(wait, resolve);
      this.#interrupt = () => {
        timer.cancel();
        resolve();
      };
    });
    this.#interrupt = undefined;
  }

  #settle(error?: unknown): void {
    this.#waiting -= 1;
    if (error !== undefined) this.fail(error);
    this.#wake?.();
  }

  #answered(): Promise<void> {
    this.#check();
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  #check(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }
}

function sizeOf(record: ReplicaRecord): number {
  let bytes = 32;
  for (const field of record) {
    if (typeof field === 'string') bytes += field.length;
    else if (typeof field === 'object' && field !== null && 'bytes' in field)
      bytes += (field.bytes as Uint8Array).length;
  }
  return bytes;
}

/** Lets no more than so many bytes pass in a second, over all who share it. */
export class Throttle {
  readonly #clock: Clock;
  readonly #bytesPerSecond: number;
  #freeAt = 0;

  constructor(clock: Clock, bytesPerSecond: number) {
    this.#clock = clock;
    this.#bytesPerSecond = bytesPerSecond;
  }

  /** How long whoever has sent so many bytes must wait before the next, in ms. */
  pass(bytes: number): number {
    if (this.#bytesPerSecond === Number.POSITIVE_INFINITY) return 0;
    const now = this.#clock.now();
    this.#freeAt = Math.max(this.#freeAt, now) + (bytes * 1000) / this.#bytesPerSecond;
    return this.#freeAt - now;
  }
}

/** This node's copy of a partition that another node owns. */
interface Copy {
  readonly stream: string;
  readonly from: string;
  readonly origin: number;
  /** The owner has sealed the partition and everything it sent is here. */
  inSync: boolean;
}

/**
 * The target's end of all replica streams: copies of partitions that other nodes own. A copy is served only if a view
 * names this node as the owner, the copy was in sync, and the partition's data has not begun again since.
 */
export class Inflow {
  readonly #self: string;
  readonly #services: Services;
  readonly #copies = new Map<number, Copy>();
  readonly #streams = new Map<string, { next: number; partitions: number[] }>();
  /** The number of the newest stream heard of, by the incarnation of the owner that sends it. */
  readonly #newest = new Map<string, number>();

  constructor(self: string, services: Services) {
    this.#self = self;
    this.#services = services;
  }

  /** What owners say to this node. */
  handlers(view: () => View): Record<keyof ReplicaMessages, Handler> {
    return {
      begin: ({ caller }: CallContext, ...[stream, openings]: ReplicaMessages['begin']) =>
        this.begin(view(), caller, stream, openings),
      pieces: (_context, ...args: ReplicaMessages['pieces']) => this.pieces(...args),
      finish: (_context, ...args: ReplicaMessages['finish']) => this.finish(...args),
      abort: (_context, ...args: ReplicaMessages['abort']) => this.abort(...args),
    };
  }

  begin(view: View, from: string, stream: string, openings: readonly Opening[]): void {
    // One that was sent over a link that has broken since may come after its successor: its owner has given it up.
    const { source, number } = placeOf(stream);
    if (!(number > (this.#newest.get(source) ?? 0))) throw refused('it came after a later one');
    this.#newest.set(source, number);
    for (const [partition, term, origin] of openings) {
      if (view.owners[partition] === this.#self || term < view.terms[partition]!) {
        throw refused(`partition ${partition} has another owner since term ${view.terms[partition]}`);
      }
      this.#discard(partition);
      this.#copies.set(partition, { stream, from, origin, inSync: false });
    }
    this.#streams.set(stream, { next: 0, partitions: openings.map(([partition]) => partition) });
  }

  pieces(stream: string, sequence: number, pieces: readonly Piece[]): void {
    const state = this.#streams.get(stream);
    if (state === undefined || state.next !== sequence) throw refused(`a gap before piece ${sequence}`);
    state.next += 1;
    for (const [name, partition, record] of pieces) {
      if (this.#copies.get(partition)?.stream !== stream) continue;
      const replica = this.#services.get(name)?.replica;
      if (replica === undefined) throw refused(`'${name}' is not open here`);
      replica.stage(partition, record);
    }
  }

  finish(stream: string, sequence: number): void {
    const state = this.#streams.get(stream);
    if (state === undefined || state.next !== sequence) throw refused(`a gap before the end`);
    for (const partition of state.partitions) {
      const copy = this.#copies.get(partition);
      if (copy?.stream !== stream) throw refused(`partition ${partition} was given up`);
      copy.inSync = true;
    }
  }

  abort(stream: string): void {
    const { source, number } = placeOf(stream);
    this.#newest.set(source, Math.max(number, this.#newest.get(source) ?? 0));
    for (const partition of this.#streams.get(stream)?.partitions ?? []) {
      if (this.#copies.get(partition)?.stream === stream) this.#discard(partition);
    }
    this.#streams.delete(stream);
  }

  /** Decides on every copy by a new view: to be served, to be kept, or to be dropped. */
  follow(view: View): void {
    for (const source of this.#newest.keys()) {
      if (!view.members.some(({ incarnation }) => incarnation === source)) this.#newest.delete(source);
    }
    for (const [partition, copy] of [...this.#copies]) {
      const owner = view.owners[partition];
      if (owner === copy.from && view.origins[partition] === copy.origin) continue;
      if (owner === this.#self && copy.inSync && view.origins[partition] === copy.origin)
        this.#promote(partition);
      else this.#discard(partition);
    }
  }

  #promote(partition: number): void {
    this.#forget(partition);
    for (const service of this.#services.all()) service.replica?.promote(partition);
  }

  #discard(partition: number): void {
    if (!this.#forget(partition)) return;
    for (const service of this.#services.all()) service.replica?.discard(partition);
  }

  #forget(partition: number): boolean {
    const copy = this.#copies.get(partition);
    if (copy === undefined) return false;
    this.#copies.delete(partition);
    const state = this.#streams.get(copy.stream);
    if (state?.partitions.every((other) => this.#copies.get(other)?.stream !== copy.stream)) {
      this.#streams.delete(copy.stream);
    }
    return true;
  }
}

/** The parts of a stream's name: the incarnation of its owner, and its number among the streams of that. */
function placeOf(stream: string): { source: string; number: number } {
  const at = stream.lastIndexOf(':');
  return { source: stream.slice(0, at), number: Number(stream.slice(at + 1)) };
}

function refused(why: string): RouterError {
  return new RouterError('PROTOCOL', `the replica stream is refused: ${why}`);
}
