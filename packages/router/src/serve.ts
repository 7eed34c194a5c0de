import type { CallLog } from './call-log.ts';
import type { Clock } from './clock.ts';
import type { Codec } from './codec.ts';
import type { Reply, Request, Target } from './frame.ts';
import type { Gate, Passage } from './gate.ts';
import type { Identity } from './handshake.ts';
import type { Lease } from './lease.ts';
import type { Link } from './notices.ts';
import type { Ownership } from './ownership.ts';
import { PartitionSet } from './partition-set.ts';
import type { Replication } from './replication.ts';
import type { Safeguards } from './safeguards.ts';
import type { CallContext, Handler, Services } from './services.ts';
import type { View } from './view.ts';

/** How a call ended at the node that was asked. As in {@link Reply}, `bytes` is what was encoded already. */
export type Outcome =
  | {
      readonly kind: 'result';
      readonly value: unknown;
      readonly covered?: PartitionSet;
      /** As in {@link Reply}. */
      readonly note?: number | undefined;
      readonly bytes?: Uint8Array;
    }
  | { readonly kind: 'thrown'; readonly error: unknown; readonly bytes?: Uint8Array }
  | { readonly kind: 'wrongOwner'; readonly epoch: number }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string };

/** A call to be executed here. */
export interface ServedCall {
  /** Unique for this incarnation of the caller. */
  readonly id: number;
  readonly target: Target;
  readonly service: string;
  readonly handler: string;
  readonly args: readonly unknown[];
  readonly repeatable: boolean;
  /** See {@link Request}. */
  readonly retryOf?: number;
  /** On this node's clock; a call that is late is dropped unexecuted. */
  readonly deadline: number;
  /** The node that calls. */
  readonly caller: Identity;
  /** As in {@link CallContext}. */
  readonly hint?: number | undefined;
  readonly link?: Link | undefined;
}

/**
 * What a handler rejects with when what it waited for has moved away or was lost: the call is judged again, and executed
 * here or sent to the owner of that moment.
 *
 * A handler that has yet to do anything throws it with a promise: the call is judged again when that resolves, and fails
 * with what it rejects with. Nobody remembers such a call as one that was begun.
 */
export class Reconsider extends Error {
  override readonly name = 'Reconsider';
  readonly after: Promise<unknown> | undefined;

  constructor(message?: string, after?: Promise<unknown>) {
    super(message);
    this.after = after;
  }
}

export interface ServeOptions {
  readonly self: string;
  readonly clock: Clock;
  readonly codec: Codec;
  readonly ownership: Ownership;
  readonly lease: Lease;
  readonly gate: Gate;
  readonly replication: Replication;
  readonly calls: CallLog;
  readonly services: Services;
  readonly safeguards: Safeguards;
  /** The view in force; `undefined` before this node has joined. */
  view(): View | undefined;
}

const nowhere: readonly number[] = [];

/** Executes calls at this node, whoever makes them. It judges by who owns the partition now, and never routes again. */
export class Serve {
  readonly #options: ServeOptions;

  constructor(options: ServeOptions) {
    this.#options = options;
  }

  /**
   * Executes a call of another node, that came over `link`; `now` is about the time. What is answered at once may be told only if {@link confirm}
   * says so after it: a whole batch of calls is executed before the clock is read once more.
   */
  answer(request: Request, caller: Identity, now: number, link?: Link): Reply | Promise<Reply> {
    const { id, target, service, handler, args, repeatable, retryOf, hint, budget } = request;
    const current = this.#options.view();
    // Before it has joined this node owns nothing, and does not know how many partitions there are.
    if (current === undefined && target.kind !== 'node') return { kind: 'wrongOwner', epoch: 0 };
    if (target.kind === 'partitions') new PartitionSet(current!.owners.length, target.set);
    const deadline = now + budget;
    const outcome = this.#execute(
      retryOf === undefined
        ? { id, target, service, handler, args, repeatable, deadline, caller, hint, link }
        : { id, target, service, handler, args, repeatable, retryOf, deadline, caller, hint, link },
      now,
      false,
    );
    return outcome instanceof Promise ? outcome.then(lateReply) : replyOf(outcome);
  }

  /** Whether what was answered at once until now may be told. */
  confirm(): boolean {
    return this.#options.lease.valid;
  }

  /** What is told in place of an outcome if not: somebody else may have answered for the partition meanwhile. */
  withdrawn<O extends Outcome | Reply>(
    call: Pick<ServedCall, 'target' | 'repeatable' | 'service' | 'handler'>,
    outcome: O,
  ): O | Extract<Reply, { kind: 'wrongOwner' | 'refused' }> {
    if (call.target.kind === 'node' || outcome.kind === 'wrongOwner' || outcome.kind === 'refused')
      return outcome;
    const why = 'the node that executed it may have been replaced meanwhile';
    return call.repeatable ? this.#wrongOwner() : unknownOutcome(call, why);
  }

  /** Executes a call: at once if nothing stands in its way, else by a promise that never rejects. */
  execute(call: ServedCall): Outcome | Promise<Outcome> {
    return this.#execute(call, this.#options.clock.now(), true);
  }

  /** `confirming`: what is answered at once may be told. */
  #execute(call: ServedCall, now: number, confirming: boolean): Outcome | Promise<Outcome> {
    const { ownership, services, lease } = this.#options;
    const remaining = call.deadline - now;
    if (remaining <= 0) return refused('TIMEOUT', 'the call came too late');
    const context = this.#admit(call);
    if (context === 'elsewhere') return this.#wrongOwner();
    if (context === 'sealed') {
      const released = ownership.released(partitionOf(call.target, this.#partitions()));
      return this.#within(released, remaining).then(() => this.execute(call));
    }
    // Ownership may change while a call waits, so it is judged again from the start.
    if (call.target.kind !== 'node' && !lease.validAt(now))
      return lease.renewed(remaining).then(() => this.execute(call));
    const covered = call.target.kind === 'partitions' ? (context.partitions as PartitionSet) : undefined;
    // Nothing of it is here: the caller learns just that.
    if (covered?.empty === true) return result(undefined, covered);
    const service = services.get(call.service);
    if (service === undefined) return services.opened(call.service, remaining).then(() => this.execute(call));
    const handler = Object.hasOwn(service.handlers, call.handler)
      ? service.handlers[call.handler]
      : undefined;
    if (handler === undefined) {
      const message = `node ${this.#options.self} has no handler '${call.handler}' in '${call.service}'`;
      return refused('UNKNOWN_HANDLER', message);
    }
    return this.#recall(call, confirming) ?? this.#perform(call, context, handler, covered, confirming);
  }

  /** What a call was answered that was executed before; `undefined` if it was not. */
  #recall(call: ServedCall, confirming: boolean): Outcome | Promise<Outcome> | undefined {
    const { calls, safeguards, view } = this.#options;
    const { target, repeatable, retryOf, caller, id } = call;
    if (target.kind !== 'key' || repeatable || !safeguards.callLog) return undefined;
    const partition = partitionOf(target, this.#partitions());
    const known = calls.recall(partition, caller.incarnation, id);
    if (known?.kind === 'ended')
      return this.#release(call, this.#remembered(known.reply), undefined, confirming);
    if (known?.kind === 'running')
      return known.reply.then((reply) => this.#release(call, this.#remembered(reply), undefined, true));
    // Whoever does not ask again knows that nobody has executed it, though somebody may have begun to.
    if (retryOf === undefined) return undefined;
    const lost = view()?.origins[partition] !== retryOf;
    if (known === undefined && !lost && !calls.forgot(partition)) return undefined;
    return unknownOutcome(call, 'it was sent before, and whoever executed it is gone or has forgotten');
  }

  #perform(
    call: ServedCall,
    context: CallContext,
    handler: Handler,
    covered: PartitionSet | undefined,
    confirming: boolean,
  ): Outcome | Promise<Outcome> {
    const { replication } = this.#options;
    const logged = this.#isLogged(call);
    const outermost = replication.beginUnit();
    let outcome: Outcome | Promise<Outcome>;
    try {
      outcome = this.#run(call, context, handler, covered, logged);
    } finally {
      if (outermost) replication.endUnit();
    }
    if (!(outcome instanceof Promise)) return this.#release(call, outcome, covered, confirming);
    return outcome.then((settled) => {
      if (settled !== reconsidered && settled !== unbegun) return this.#release(call, settled, covered, true);
      if (logged && settled === reconsidered) this.#forget(call);
      return this.execute(call);
    });
  }

  #run(
    call: ServedCall,
    context: CallContext,
    handler: Handler,
    covered: PartitionSet | undefined,
    logged: boolean,
  ): Outcome | Promise<Outcome> {
    let value: unknown;
    try {
      value = handler(context, ...call.args);
    } catch (error) {
      if (!(error instanceof Reconsider)) return this.#log(call, logged, thrown(error));
      return (error.after ?? Promise.resolve()).then(
        () => unbegun,
        (reason) => this.#log(call, logged, thrown(reason)),
      );
    }
    if (!(value instanceof Promise)) return this.#log(call, logged, result(value, covered, context.note));
    const settled = value.then(
      (answer) => this.#log(call, logged, result(answer, covered)),
      (error) => (error instanceof Reconsider ? reconsidered : this.#log(call, logged, thrown(error))),
    );
    if (logged) this.#begin(call, settled);
    return settled;
  }

  /** Lets an outcome go once it is certain that this node may still tell it, and that it will not be forgotten. */
  #release(
    call: ServedCall,
    outcome: Outcome,
    covered: PartitionSet | undefined,
    confirming: boolean,
  ): Outcome | Promise<Outcome> {
    const { lease, clock } = this.#options;
    if (call.target.kind === 'node') return outcome;
    const passage = this.#passage(call.target, covered);
    // The handler may have run for longer than the lease: then somebody else may have answered meanwhile.
    if ((confirming || passage !== undefined) && !lease.valid) {
      passage?.giveUp();
      return this.withdrawn(call, outcome);
    }
    if (passage === undefined) return outcome;
    let safe = false;
    const passed = passage.safe.then((all) => {
      safe = all;
    });
    return this.#within(passed, call.deadline - clock.now()).then(() => {
      if (safe) return outcome;
      passage.giveUp();
      if (call.repeatable && this.#admit(call) === 'elsewhere') return this.#wrongOwner();
      if (call.repeatable) return refused('TIMEOUT', 'the copies of what it observed do not answer');
      return unknownOutcome(call, 'the copies of what it changed do not answer');
    });
  }

  #passage(target: Target, covered: PartitionSet | undefined): Passage | undefined {
    const { gate, safeguards } = this.#options;
    if (!safeguards.gatedReplies || gate.open) return undefined;
    return gate.pass(
      target.kind === 'key' ? [partitionOf(target, this.#partitions())] : (covered ?? nowhere),
    );
  }

  /** Calls of this node itself are never sent, so they cannot come again. */
  #isLogged({ target, repeatable, caller }: ServedCall): boolean {
    const { self, safeguards } = this.#options;
    return target.kind === 'key' && !repeatable && caller.id !== self && safeguards.callLog;
  }

  #log(call: ServedCall, logged: boolean, outcome: Outcome): Outcome {
    if (!logged) return outcome;
    const { calls, ownership } = this.#options;
    const partition = partitionOf(call.target, this.#partitions());
    if (ownership.standing(partition) === 'elsewhere') return outcome;
    const reply = this.#encode(outcome);
    calls.end(partition, call.caller.incarnation, call.id, call.deadline, reply);
    return reply as Outcome;
  }

  #begin(call: ServedCall, settled: Promise<Outcome>): void {
    const { calls } = this.#options;
    const partition = partitionOf(call.target, this.#partitions());
    const reply = settled.then((outcome) => this.#encode(outcome));
    calls.begin(partition, call.caller.incarnation, call.id, call.deadline, reply);
  }

  #forget({ target, caller, id }: ServedCall): void {
    this.#options.calls.forget(partitionOf(target, this.#partitions()), caller.incarnation, id);
  }

  #wrongOwner(): Extract<Reply, { kind: 'wrongOwner' }> {
    return { kind: 'wrongOwner', epoch: this.#options.view()?.epoch ?? 0 };
  }

  #partitions(): number {
    return this.#options.view()?.owners.length ?? 1;
  }

  #admit({
    target,
    deadline,
    caller: { id: caller, incarnation },
    hint = 0,
    link,
  }: ServedCall): CallContext | 'elsewhere' | 'sealed' {
    const { ownership, safeguards } = this.#options;
    switch (target.kind) {
      case 'node':
        return { hash: 0, partitions: nowhere, caller, incarnation, deadline, hint, link, note: undefined };
      case 'key': {
        const standing = ownership.standing(partitionOf(target, this.#partitions()));
        const admitted = standing === 'owned' || !safeguards.ownershipCheck;
        return admitted
          ? {
              hash: target.hash,
              partitions: nowhere,
              caller,
              incarnation,
              deadline,
              hint,
              link,
              note: undefined,
            }
          : standing;
      }
      case 'partitions': {
        // What cannot be covered now is left out, and the caller asks again.
        const covered = new PartitionSet(this.#partitions());
        for (const partition of new PartitionSet(this.#partitions(), target.set)) {
          if (ownership.standing(partition) === 'owned') covered.add(partition);
        }
        return { hash: 0, partitions: covered, caller, incarnation, deadline, hint, link, note: undefined };
      }
    }
  }

  #within(event: Promise<void>, ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#options.clock.after(Math.max(0, ms), resolve);
      void event.then(() => {
        timer.cancel();
        resolve();
      });
    });
  }

  /** What is remembered as its caller is to get it, which may be this node itself: it has come to own the key meanwhile. */
  #remembered(reply: Reply): Outcome {
    const { codec } = this.#options;
    if (reply.kind === 'result')
      return { kind: 'result', value: codec.decodeList(reply.bytes!)[0], bytes: reply.bytes! };
    if (reply.kind === 'thrown')
      return { kind: 'thrown', error: codec.decodeError(reply.bytes!), bytes: reply.bytes! };
    return reply;
  }

  /** What was answered, as it is remembered: encoded, whatever becomes of the value. Only calls to keys are. */
  #encode(outcome: Outcome): Reply {
    const { codec } = this.#options;
    if (outcome.kind === 'thrown')
      return { kind: 'thrown', error: outcome.error, bytes: codec.encodeError(outcome.error) };
    if (outcome.kind !== 'result') return outcome;
    const { value } = outcome;
    if (value === undefined) return nothing;
    try {
      return { kind: 'result', value, bytes: codec.encodeList([value]) };
    } catch (error) {
      return { kind: 'thrown', error, bytes: codec.encodeError(error) };
    }
  }
}

/** That of a call which answers nothing; the bytes are those of a list of one absent value. */
const nothing: Reply = { kind: 'result', value: undefined, bytes: Uint8Array.of(0, 0, 0, 1, 0) };

/** Stand for the outcome of a call that must be judged again: of one that was begun, and of one that was not. */
const reconsidered: Outcome = { kind: 'refused', code: 'TIMEOUT', message: 'what it waited for has moved' };
const unbegun: Outcome = { ...reconsidered };

function partitionOf(target: Target, partitions: number): number {
  return target.kind === 'key' ? target.hash & (partitions - 1) : 0;
}

function result(value: unknown, covered: PartitionSet | undefined, note?: number): Outcome {
  return covered === undefined ? { kind: 'result', value, note } : { kind: 'result', value, covered, note };
}

function thrown(error: unknown): Outcome {
  return { kind: 'thrown', error };
}

function refused(code: string, message: string): Extract<Reply, { kind: 'refused' }> {
  return { kind: 'refused', code, message };
}

function unknownOutcome(
  { service, handler }: Pick<ServedCall, 'service' | 'handler'>,
  why: string,
): Extract<Reply, { kind: 'refused' }> {
  return refused('UNKNOWN_OUTCOME', `${service}.${handler} may or may not have happened: ${why}`);
}

function replyOf(outcome: Outcome): Reply {
  if (outcome.kind !== 'result' || outcome.covered === undefined) return outcome as Reply;
  return { kind: 'result', value: outcome.value, covered: outcome.covered.bits, note: outcome.note };
}

/** The same of what had to wait: meanwhile its caller may have been told what a note would be about. */
function lateReply(outcome: Outcome): Reply {
  const reply = replyOf(outcome);
  return reply.kind === 'result' && reply.note !== undefined ? { ...reply, note: undefined } : reply;
}
