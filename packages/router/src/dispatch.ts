import type { Agreement } from './agreement.ts';
import type { Clock } from './clock.ts';
import type { Codec } from './codec.ts';
import { RouterError, type RouterErrorCode } from './errors.ts';
import { FirstAttempt, type FirstAttemptObserver } from './first-attempt.ts';
import type { Reply, Request, Target } from './frame.ts';
import type { Identity } from './handshake.ts';
import { LinkError } from './in-flight.ts';
import {
  beginJourney,
  type Call,
  inTime,
  type Journey,
  mayAskAgain,
  mayHaveHappened,
  meaningOf,
  orAborted,
  type Shares,
} from './journey.ts';
import { type Part, PartialResultError } from './partial-result.ts';
import { PartitionSet } from './partition-set.ts';
import type { Peer } from './peer.ts';
import type { Outcome, Serve } from './serve.ts';
import type { Turns } from './turns.ts';

export interface DispatchOptions {
  /** This node, as the others know it. */
  readonly self: Identity;
  readonly clock: Clock;
  readonly codec: Codec;
  readonly agreement: Agreement;
  readonly serve: Serve;
  readonly turns: Turns;
  /** In ms. */
  readonly timeout: number;
  /** How many calls to keys may wait for an owner that could be asked. */
  readonly mostWaiting: number;
  /** Encodes and decodes calls that stay here as if they had travelled. */
  readonly strict: boolean;
  peer(id: string): Peer | undefined;
  /** A call that may change something begins or has ended; see {@link Service}. */
  changing(service: string, handler: string, target: number | Iterable<number>): void;
  /** Why calls under way must end now, if they must. */
  ended(): RouterError | undefined;
  /** Why no new calls may begin, if they may not. */
  refusing(): RouterError | undefined;
  /** Told when the first call begins and when the last one under way ends. */
  busy(active: boolean): void;
}

/** A call on its way to one node; `retryOf` is set as in {@link Request}. */
interface Attempt extends Journey {
  readonly retryOf?: number | undefined;
}

/** What is known of the attempts of one call so far. */
interface Attempts {
  /** Set once one may have been executed whose answer was lost. */
  exposure:
    | {
        /** The epoch at which the data of the partition began, as it was known here. */
        readonly origin: number;
        readonly failure: LinkError;
      }
    | undefined;
}

const firstPause = 2;
const lastPause = 100;

/** Decides where a call is executed: here or at another node, and whether it is tried again. Nothing else does. */
export class Dispatch {
  readonly #options: DispatchOptions;
  #ids = 0;
  #underWay = 0;
  #pausing = 0;
  #idle: (() => void)[] = [];

  constructor(options: DispatchOptions) {
    this.#options = options;
  }

  /** Resolves when no call of this node is under way, or after `ms`. */
  async idle(ms: number): Promise<void> {
    if (this.#underWay === 0) return;
    await new Promise<void>((resolve) => {
      const timer = this.#options.clock.after(Math.max(0, ms), resolve);
      this.#idle.push(() => {
        timer.cancel();
        resolve();
      });
    });
  }

  /** Calls the owner of the key with this hash, wherever it moves, until the deadline. */
  call(hash: number, call: Call): Promise<unknown> {
    return new Promise((resolve, reject) => this.#begin(hash >>> 0, call, resolve, reject));
  }

  /** Calls one node. */
  async callNode(id: string, call: Call): Promise<unknown> {
    const journey = this.#start(call);
    return this.#tracked(this.#callMember(id, journey));
  }

  /**
   * Calls the owners of all partitions, or of some and each with arguments of its own (`shares`), each partition exactly
   * once: what a reply does not cover is asked again, of whoever owns it by then. Rejects with a
   * {@link PartialResultError} when some are still missing at the deadline.
   */
  async callAll<T>(call: Call, shares?: Shares): Promise<readonly Part<T>[]> {
    const journey = this.#start(call);
    if (call.reads === true) return this.#tracked(this.#callPartitions<T>(journey, shares));
    const changing = (): void => {
      const partitions = shares?.partitions ?? this.#options.agreement.view.owners.keys();
      this.#options.changing(call.service, call.handler, partitions);
    };
    changing();
    try {
      return await this.#tracked(this.#callPartitions<T>(journey, shares));
    } finally {
      changing();
    }
  }

  /** The first attempt, which nearly always is the last, is made without waiting for anything but its answer. */
  #begin(
    hash: number,
    call: Call,
    resolve: (value: unknown) => void,
    reject: (error: unknown) => void,
  ): void {
    const { agreement, self, strict, peer, serve, changing, turns, clock } = this.#options;
    let journey: Journey;
    try {
      journey = this.#start(call);
    } catch (error) {
      const refuse = (): void => reject(call.failed === undefined ? error : call.failed(error));
      if (turns.over()) clock.defer(refuse);
      else refuse();
      return;
    }
    this.#enter();
    if (call.reads !== true) changing(call.service, call.handler, hash);
    const { view } = agreement;
    const budget = call.timeout ?? this.#options.timeout;
    const attempt = new FirstAttempt(call, journey, budget, hash, view, this.#observer, resolve, reject);
    const owner = view.owners[hash & (view.owners.length - 1)] ?? null;
    if (journey.signal !== undefined || owner === null || (owner === self.id && strict)) {
      this.#goOn(attempt, undefined);
    } else if (owner === self.id) {
      const { id, service, handler, args, repeatable = false, deadline } = journey;
      const { target } = attempt;
      const served = { id, target, service, handler, args, repeatable, deadline, caller: self };
      const outcome = serve.execute(served);
      if (outcome instanceof Promise) this.#goOn(attempt, this.#inTime(outcome, journey));
      else if (turns.over()) clock.defer(() => this.#answer(attempt, outcome));
      else this.#answer(attempt, outcome);
    } else {
      const link = peer(owner);
      if (link === undefined) this.#goOn(attempt, undefined);
      else link.send(attempt);
    }
  }

  /** What was executed here has ended, at once. */
  #answer(attempt: FirstAttempt, outcome: Outcome): void {
    let opened: Outcome;
    try {
      opened = this.#opened(outcome, attempt.journey);
    } catch (error) {
      attempt.reject(error);
      return;
    }
    attempt.resolve(opened as Reply);
  }

  readonly #observer: FirstAttemptObserver = {
    answered: (attempt, reply) => {
      if (reply.kind === 'result') this.#succeed(attempt, reply.value, reply.note);
      else if (reply.kind === 'thrown') this.#fail(attempt, reply.error);
      else this.#goOn(attempt, Promise.resolve(reply));
    },
    failed: (attempt, error) => this.#goOn(attempt, Promise.reject(error)),
  };

  /** Whatever else it takes: `begun` is what becomes of the first attempt, if there was one. */
  #goOn(attempt: FirstAttempt, begun: Promise<Outcome> | undefined): void {
    this.#callOwner(attempt, begun).then(
      (value) => this.#succeed(attempt, value),
      (error) => this.#fail(attempt, error),
    );
  }

  #succeed({ call, target, view, fulfil, refuse }: FirstAttempt, value: unknown, note?: number): void {
    this.#ended(call, target.hash);
    try {
      if (call.finish === undefined) fulfil(value);
      else if (note === undefined) fulfil(call.finish(value));
      else fulfil(call.finish(value, note, view.owners[target.hash & (view.owners.length - 1)]!));
    } catch (error) {
      refuse(call.failed === undefined ? error : call.failed(error));
    }
  }

  #fail({ call, target, refuse }: FirstAttempt, error: unknown): void {
    this.#ended(call, target.hash);
    refuse(call.failed === undefined ? error : call.failed(error));
  }

  #ended({ service, handler, reads }: Call, hash: number): void {
    this.#leave();
    if (reads !== true) this.#options.changing(service, handler, hash);
  }

  async #callOwner(attempt: FirstAttempt, begun: Promise<Outcome> | undefined): Promise<unknown> {
    const { journey } = attempt;
    const attempts: Attempts = { exposure: undefined };
    let outcome: Outcome;
    try {
      outcome = await this.#untilExecuted(attempt, begun, attempts);
    } catch (error) {
      // However it ends: what was sent may have been executed, unless somebody has told how.
      if (attempts.exposure === undefined || journey.signal?.aborted === true) throw error;
      throw meaningOf(attempts.exposure.failure, journey);
    }
    return this.#conclude(outcome);
  }

  /** Asks whoever owns the key until one has executed the call. */
  async #untilExecuted(
    { journey, target, view: viewOfFirst }: FirstAttempt,
    begun: Promise<Outcome> | undefined,
    attempts: Attempts,
  ): Promise<Outcome> {
    const { agreement } = this.#options;
    let first = begun;
    let failure: LinkError | undefined;
    for (let pause = firstPause; ; pause = Math.min(pause * 2, lastPause)) {
      const view = first === undefined ? agreement.view : viewOfFirst;
      const partition = target.hash & (view.owners.length - 1);
      const owner = view.owners[partition] ?? null;
      try {
        if (owner !== null) {
          const attempt = { ...journey, retryOf: attempts.exposure?.origin };
          const outcome = await (first ?? this.#ask(owner, target, attempt));
          if (outcome.kind === 'refused') this.#conclude(outcome);
          if (outcome.kind !== 'wrongOwner') return outcome;
          failure = undefined;
          if (outcome.epoch > agreement.view.epoch) void agreement.refresh();
        }
      } catch (error) {
        failure = mayAskAgain(error, journey, true);
        if (mayHaveHappened(failure, journey))
          attempts.exposure ??= { origin: view.origins[partition]!, failure };
      }
      first = undefined;
      await this.#pause(journey, view.epoch, pause, failure);
    }
  }

  async #callMember(id: string, journey: Journey): Promise<unknown> {
    try {
      return this.#conclude(await this.#ask(id, { kind: 'node' }, journey));
    } catch (error) {
      if (error instanceof LinkError) throw meaningOf(error, journey);
      throw error;
    }
  }

  async #callPartitions<T>(journey: Journey, shares: Shares | undefined): Promise<readonly Part<T>[]> {
    const { agreement } = this.#options;
    const partitions = agreement.view.owners.length;
    const missing = PartitionSet.of(partitions, shares?.partitions ?? Array(partitions).keys());
    const wanted = [...missing].length;
    const parts: Part<T>[] = [];
    let failure: unknown;
    let doubtful = false;
    for (let pause = firstPause; ; pause = Math.min(pause * 2, lastPause)) {
      const view = agreement.view;
      const asked = [...this.#byOwner(missing)].map(async ([owner, set]) => {
        // One id a node and attempt: parts of one call are different requests.
        const part = await this.#ask(
          owner,
          { kind: 'partitions', set: set.bits },
          { ...journey, args: shares?.args(set) ?? journey.args, id: this.#nextId() },
        );
        // It waited there for as long as the call may take, or does not know the partitions yet.
        if (part.kind === 'wrongOwner' || (part.kind === 'refused' && part.code === 'TIMEOUT')) return;
        if (part.kind !== 'result') return this.#conclude(part);
        const covered = [...(part.covered ?? [])].filter((partition) => set.has(partition));
        if (covered.length > 0) parts.push({ value: part.value as T, covered, from: owner, note: part.note });
        for (const partition of covered) missing.delete(partition);
      });
      for (const settled of await Promise.allSettled(asked)) {
        if (settled.status === 'fulfilled') continue;
        if (settled.reason instanceof LinkError && settled.reason.reason === 'timeout') {
          failure = settled.reason;
          doubtful ||= mayHaveHappened(settled.reason, journey);
        } else failure = mayAskAgain(settled.reason, journey, false);
      }
      const left = [...missing];
      if (left.length === 0) return parts;
      if (journey.deadline - this.#options.clock.now() <= 0) {
        const { epoch } = agreement.view;
        throw new PartialResultError({ parts, missing: left, wanted, epoch, doubtful }, failure);
      }
      await this.#rest(journey, view.epoch, pause);
    }
  }

  #start(call: Call): Journey {
    const { clock, refusing, timeout } = this.#options;
    const refusal = refusing();
    if (refusal !== undefined) throw refusal;
    return beginJourney(call, this.#nextId(), clock, timeout);
  }

  async #tracked<T>(work: Promise<T>): Promise<T> {
    this.#enter();
    try {
      return await work;
    } finally {
      this.#leave();
    }
  }

  #enter(): void {
    this.#underWay += 1;
    if (this.#underWay === 1) this.#options.busy(true);
  }

  #leave(): void {
    this.#underWay -= 1;
    if (this.#underWay > 0) return;
    this.#options.busy(false);
    for (const wake of this.#idle.splice(0)) wake();
  }

  #nextId(): number {
    this.#ids += 1;
    return this.#ids;
  }

  *#byOwner(missing: PartitionSet): Iterable<[owner: string, set: PartitionSet]> {
    const { owners } = this.#options.agreement.view;
    const sets = new Map<string, PartitionSet>();
    for (const partition of missing) {
      const owner = owners[partition];
      if (owner == null) continue;
      const set = sets.get(owner) ?? new PartitionSet(owners.length);
      set.add(partition);
      sets.set(owner, set);
    }
    yield* sets;
  }

  /** Has the call executed once, here or there. Rejects with a {@link LinkError} or the abort's reason. */
  async #ask(owner: string, target: Target, attempt: Attempt): Promise<Outcome> {
    const { self, serve, strict, codec, clock } = this.#options;
    if (owner !== self.id) return this.#send(owner, target, attempt);
    const args = strict ? codec.decodeList(codec.encodeList(attempt.args)) : attempt.args;
    const { id, service, handler, repeatable = false, deadline, retryOf } = attempt;
    const again = retryOf === undefined ? undefined : { retryOf };
    const outcome = serve.execute({
      ...{ id, service, handler, repeatable, deadline, ...again },
      ...{ target, args, caller: self },
    });
    const settled = outcome instanceof Promise ? await inTime(outcome, attempt, clock, self.id) : outcome;
    if (!strict) return this.#opened(settled, attempt);
    if (settled.kind === 'thrown')
      return { kind: 'thrown', error: codec.decodeError(codec.encodeError(settled.error)) };
    if (settled.kind !== 'result') return settled;
    const [value] = codec.decodeList(codec.encodeList([settled.value]));
    return this.#opened({ ...settled, value }, attempt);
  }

  async #inTime(outcome: Promise<Outcome>, journey: Journey): Promise<Outcome> {
    const { clock, self } = this.#options;
    return this.#opened(await inTime(outcome, journey, clock, self.id), journey);
  }

  /** What was answered here, as it would be read if it had travelled. */
  #opened(outcome: Outcome, { open }: Journey): Outcome {
    if (open !== true || outcome.kind !== 'result') return outcome;
    const value = this.#options.codec.open(outcome.value);
    return outcome.covered === undefined ? { kind: 'result', value } : { ...outcome, value };
  }

  async #send(owner: string, target: Target, attempt: Attempt): Promise<Outcome> {
    const { clock, agreement } = this.#options;
    const { id, service, handler, args, repeatable = false, retryOf, hint, open = false } = attempt;
    const peer = this.#options.peer(owner);
    if (peer === undefined) throw new LinkError('down', false, `there is no link to ${owner}`);
    const budget = attempt.deadline - clock.now();
    const again = retryOf === undefined ? undefined : { retryOf };
    const request: Request = { id, budget, target, repeatable, ...again, hint, service, handler, args };
    const reply = await orAborted(peer.call(request, open), attempt, () => peer.forget(id));
    if (reply.kind !== 'result') return reply;
    const { value, covered, note } = reply;
    if (covered === undefined) return { kind: 'result', value };
    try {
      const set = new PartitionSet(agreement.view.owners.length, covered);
      return { kind: 'result', value, covered: set, note };
    } catch (error) {
      // An answer that cannot be read is none; the peer that wrote it is not asked again over the same link.
      peer.distrust((error as Error).message);
      throw new LinkError('down', true, `the answer of ${owner} cannot be read: ${(error as Error).message}`);
    }
  }

  #conclude(outcome: Outcome): unknown {
    switch (outcome.kind) {
      case 'result':
        return outcome.value;
      case 'thrown':
        throw outcome.error;
      case 'refused':
        throw new RouterError(outcome.code as RouterErrorCode, outcome.message);
      case 'wrongOwner':
        throw new RouterError('PROTOCOL', 'a node call was answered with a wrong owner');
    }
  }

  /** Waits before the next attempt: for a newer view, or a little. At the deadline it rejects. */
  async #pause(journey: Journey, epoch: number, ms: number, failure: LinkError | undefined): Promise<void> {
    const { clock, mostWaiting } = this.#options;
    const what = `${journey.service}.${journey.handler}`;
    if (this.#pausing >= mostWaiting)
      throw new RouterError('OVERLOADED', `${what}: ${this.#pausing} calls wait for an owner already`);
    this.#pausing += 1;
    try {
      await this.#rest(journey, epoch, ms);
    } finally {
      this.#pausing -= 1;
    }
    if (journey.deadline - clock.now() > 0) return;
    if (failure !== undefined)
      throw new RouterError('NODE_DOWN', `${what}: ${failure.message}`, { cause: failure });
    throw new RouterError('TIMEOUT', `${what}: no owner answered in time`);
  }

  async #rest(journey: Journey, epoch: number, ms: number): Promise<void> {
    const { agreement, clock, ended } = this.#options;
    const left = Math.max(0, journey.deadline - clock.now());
    await orAborted(agreement.reach(epoch + 1, Math.min(ms, left)), journey, () => {});
    const end = ended();
    if (end !== undefined) throw end;
  }
}
