import type { Clock, Timer } from './clock.ts';
import type { Reply } from './frame.ts';
import type { Replica, ReplicaRecord, Service } from './services.ts';

/** The service under which the log of a partition moves and is backed up with the partition. */
export const callLogService = '$calls';

/** What is known of a call that may come again. */
export type Remembered =
  /** This is how it ended; what it was answered is encoded. */
  | { readonly kind: 'ended'; readonly reply: Reply }
  /** It is being executed here. */
  | { readonly kind: 'running'; readonly reply: Promise<Reply> }
  /** It was begun, at another node, and nobody knows how far it has come. */
  | { readonly kind: 'begun' };

interface Entry {
  known: Remembered;
  /** On this node's clock. */
  readonly until: number;
}

/** The calls of one partition. */
interface Log {
  /** By the incarnation of the caller, and then by the id of the call, oldest first. */
  readonly callers: Map<string, Map<number, Entry>>;
  /** Until when calls may come again that had to be forgotten. */
  forgotten: number;
}

type LogRecord =
  | readonly [
      what: 'begun' | 'result' | 'thrown',
      remaining: number,
      incarnation: string,
      id: number,
      bytes?: Uint8Array,
    ]
  /** A call that was begun has done nothing. */
  | readonly [what: 'gone', remaining: 0, incarnation: string, id: number]
  /** Some were forgotten, and may come again for so long. */
  | readonly [what: 'forgotten', remaining: number];

export interface CallLogOptions {
  readonly clock: Clock;
  /** How many calls are remembered at most. */
  readonly limit: number;
  /** How long a call may be on its way after its caller has stopped waiting, in ms. */
  readonly slack: number;
  /** Whether a partition has copies. */
  streaming(partition: number): boolean;
  /** Tells the copies of a partition. */
  changed(partition: number, record: ReplicaRecord): void;
}

const sweepEvery = 1_000;

/**
 * The calls of others that were executed here and must not be executed again, with what they were answered: a caller that
 * lost the answer asks again and gets the same. They are remembered for as long as they can come again, and are a part of
 * the partition of their key: they move with it and are in its backups.
 */
export class CallLog {
  readonly #options: CallLogOptions;
  readonly #logs = new Map<number, Log>();
  readonly #copies = new Map<number, Log>();
  #size = 0;
  #timer: Timer | undefined;

  constructor(options: CallLogOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#size;
  }

  get service(): Service {
    return { handlers: {}, replica: this.#replica() };
  }

  recall(partition: number, incarnation: string, id: number): Remembered | undefined {
    return this.#logs.get(partition)?.callers.get(incarnation)?.get(id)?.known;
  }

  /** Whether calls to this partition were forgotten that may still come again. */
  forgot(partition: number): boolean {
    const log = this.#logs.get(partition);
    return log !== undefined && log.forgotten > this.#options.clock.now();
  }

  /** A call is being executed; its caller waits until `deadline`. */
  begin(partition: number, incarnation: string, id: number, deadline: number, reply: Promise<Reply>): void {
    this.#note(partition, incarnation, id, deadline, { kind: 'running', reply });
  }

  /** A call was executed; its caller waits until `deadline`. */
  end(partition: number, incarnation: string, id: number, deadline: number, reply: Reply): void {
    this.#note(partition, incarnation, id, deadline, { kind: 'ended', reply });
  }

  /** A call that was begun has done nothing, and will be judged again. */
  forget(partition: number, incarnation: string, id: number): void {
    const { streaming, changed } = this.#options;
    this.#delete(this.#logs, partition, incarnation, id);
    if (streaming(partition)) changed(partition, ['gone', 0, incarnation, id] satisfies LogRecord);
  }

  /** This node has nothing to answer for any more. */
  close(): void {
    this.#timer?.cancel();
    this.#logs.clear();
    this.#copies.clear();
    this.#size = 0;
  }

  #note(partition: number, incarnation: string, id: number, deadline: number, known: Remembered): void {
    const { clock, slack, streaming, changed } = this.#options;
    const until = deadline + slack;
    const dropped = this.#keep(this.#logs, partition, incarnation, id, { known, until });
    if (!streaming(partition)) return;
    changed(partition, recordOf(incarnation, id, until - clock.now(), known));
    if (dropped > 0) changed(partition, ['forgotten', dropped] satisfies LogRecord);
  }

  /** Remembers a call; if that is one too many, another is forgotten, and it is told for how long that may come again. */
  #keep(logs: Map<number, Log>, partition: number, incarnation: string, id: number, entry: Entry): number {
    const { clock, limit } = this.#options;
    const log = logOf(logs, partition);
    const calls = callsOf(log, incarnation);
    if (!calls.has(id)) this.#size += 1;
    calls.set(id, entry);
    this.#timer ??= clock.after(sweepEvery, () => this.#sweep());
    if (this.#size <= limit) return 0;
    // The oldest of the same caller, which is likely to have its answer by now.
    const [oldest, { until }] = calls.entries().next().value!;
    calls.delete(oldest);
    this.#size -= 1;
    log.forgotten = Math.max(log.forgotten, until);
    return Math.max(0, until - clock.now());
  }

  #sweep(): void {
    const now = this.#options.clock.now();
    this.#timer = undefined;
    for (const logs of [this.#logs, this.#copies]) {
      for (const [partition, log] of logs) {
        for (const [incarnation, calls] of log.callers) {
          for (const [id, { until }] of calls) {
            if (until > now) continue;
            calls.delete(id);
            this.#size -= 1;
          }
          if (calls.size === 0) log.callers.delete(incarnation);
        }
        if (log.callers.size === 0 && log.forgotten <= now) logs.delete(partition);
      }
    }
    if (this.#logs.size > 0 || this.#copies.size > 0)
      this.#timer = this.#options.clock.after(sweepEvery, () => this.#sweep());
  }

  #replica(): Replica {
    return {
      snapshot: (partition) => this.#records(partition),
      stage: (partition, record) => this.#stage(partition, record as LogRecord),
      promote: (partition) => {
        this.#remove(this.#logs, partition);
        const copy = this.#copies.get(partition);
        this.#copies.delete(partition);
        if (copy !== undefined) this.#logs.set(partition, copy);
      },
      demote: (partition) => {
        this.#remove(this.#copies, partition);
        const log = this.#logs.get(partition);
        this.#logs.delete(partition);
        if (log !== undefined) this.#copies.set(partition, log);
      },
      discard: (partition) => this.#remove(this.#copies, partition),
      drop: (partition) => this.#remove(this.#logs, partition),
    };
  }

  *#records(partition: number): Iterable<ReplicaRecord> {
    const now = this.#options.clock.now();
    const log = this.#logs.get(partition);
    if (log === undefined) return;
    if (log.forgotten > now) yield ['forgotten', log.forgotten - now] satisfies LogRecord;
    for (const [incarnation, calls] of log.callers) {
      for (const [id, { known, until }] of calls)
        if (until > now) yield recordOf(incarnation, id, until - now, known);
    }
  }

  #stage(partition: number, record: LogRecord): void {
    const until = this.#options.clock.now() + record[1];
    if (record[0] === 'gone') {
      this.#delete(this.#copies, partition, record[2], record[3]);
    } else if (record[0] === 'forgotten') {
      const log = logOf(this.#copies, partition);
      log.forgotten = Math.max(log.forgotten, until);
    } else {
      const [what, , incarnation, id, bytes] = record;
      this.#keep(this.#copies, partition, incarnation, id, { known: rememberedOf(what, bytes), until });
    }
  }

  #delete(logs: Map<number, Log>, partition: number, incarnation: string, id: number): void {
    if (logs.get(partition)?.callers.get(incarnation)?.delete(id) === true) this.#size -= 1;
  }

  #remove(logs: Map<number, Log>, partition: number): void {
    const log = logs.get(partition);
    if (log === undefined) return;
    for (const calls of log.callers.values()) this.#size -= calls.size;
    logs.delete(partition);
  }
}

function logOf(logs: Map<number, Log>, partition: number): Log {
  let log = logs.get(partition);
  if (log === undefined) {
    log = { callers: new Map(), forgotten: Number.NEGATIVE_INFINITY };
    logs.set(partition, log);
  }
  return log;
}

function callsOf({ callers }: Log, incarnation: string): Map<number, Entry> {
  let calls = callers.get(incarnation);
  if (calls === undefined) {
    calls = new Map();
    callers.set(incarnation, calls);
  }
  return calls;
}

function recordOf(incarnation: string, id: number, remaining: number, known: Remembered): LogRecord {
  const reply = known.kind === 'ended' ? known.reply : undefined;
  if (reply?.kind === 'result') return ['result', remaining, incarnation, id, reply.bytes!];
  if (reply?.kind === 'thrown') return ['thrown', remaining, incarnation, id, reply.bytes!];
  return ['begun', remaining, incarnation, id];
}

function rememberedOf(what: 'begun' | 'result' | 'thrown', bytes: Uint8Array | undefined): Remembered {
  if (what === 'result') return { kind: 'ended', reply: { kind: 'result', value: undefined, bytes: bytes! } };
  if (what === 'thrown') return { kind: 'ended', reply: { kind: 'thrown', error: undefined, bytes: bytes! } };
  return { kind: 'begun' };
}
