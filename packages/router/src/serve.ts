import type { Clock } from './clock.ts';
import type { Codec } from './codec.ts';
import type { Reply, Request, Target } from './frame.ts';
import type { Ownership } from './ownership.ts';
import { PartitionSet } from './partition-set.ts';
import type { Safeguards } from './safeguards.ts';
import type { CallContext, Services } from './services.ts';

/** How a call ended at the node that was asked, before anything is encoded. */
export type Outcome =
  | { readonly kind: 'result'; readonly value: unknown; readonly covered?: PartitionSet }
  | { readonly kind: 'thrown'; readonly error: unknown }
  | { readonly kind: 'wrongOwner'; readonly epoch: number }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string };

/** A call to be executed here. */
export interface ServedCall {
  readonly target: Target;
  readonly service: string;
  readonly handler: string;
  readonly args: readonly unknown[];
  /** On this node's clock; a call that is late is dropped unexecuted. */
  readonly deadline: number;
  /** The id of the node that calls. */
  readonly caller: string;
}

/**
 * What a handler rejects with when what it waited for has moved away or was lost: the call is judged again, and executed
 * here or sent to the owner of that moment.
 */
export class Reconsider extends Error {
  override readonly name = 'Reconsider';
}

export interface ServeOptions {
  readonly self: string;
  readonly clock: Clock;
  readonly codec: Codec;
  readonly ownership: Ownership;
  readonly services: Services;
  readonly safeguards: Safeguards;
  partitions(): number;
  epoch(): number;
}

const nowhere: readonly number[] = [];

/** Executes calls at this node, whoever makes them. It judges by who owns the partition now, and never routes again. */
export class Serve {
  readonly #options: ServeOptions;

  constructor(options: ServeOptions) {
    this.#options = options;
  }

  /** Executes a call of another node. Throws on malformed arguments. */
  answer(request: Request, caller: string): Reply | Promise<Reply> {
    const { clock, codec } = this.#options;
    // Before it has joined this node owns nothing, and does not know how many partitions there are.
    if (this.#options.epoch() === 0 && request.target.kind !== 'node')
      return { kind: 'wrongOwner', epoch: 0 };
    if (request.target.kind === 'partitions')
      new PartitionSet(this.#options.partitions(), request.target.set);
    const outcome = this.execute({
      target: request.target,
      service: request.service,
      handler: request.handler,
      args: codec.decodeList(request.args),
      deadline: clock.now() + request.budget,
      caller,
    });
    return outcome instanceof Promise
      ? outcome.then((settled) => this.#encode(settled))
      : this.#encode(outcome);
  }

  /** Executes a call: at once if nothing stands in its way, else by a promise that never rejects. */
  execute(call: ServedCall): Outcome | Promise<Outcome> {
    const { clock, ownership, services } = this.#options;
    const remaining = call.deadline - clock.now();
    if (remaining <= 0) return { kind: 'refused', code: 'TIMEOUT', message: 'the call came too late' };
    const context = this.#admit(call);
    if (context === 'elsewhere') return { kind: 'wrongOwner', epoch: this.#options.epoch() };
    if (context === 'sealed') {
      const partition = this.#partitionOf(call.target);
      return this.#within(ownership.released(partition), remaining).then(() => this.execute(call));
    }
    const covered = call.target.kind === 'partitions' ? (context.partitions as PartitionSet) : undefined;
    // Nothing of it is here: the caller learns just that.
    if (covered?.empty === true) return result(undefined, covered);
    const service = services.get(call.service);
    // Ownership may change while the call waits, so it is judged again from the start.
    if (service === undefined) return services.opened(call.service, remaining).then(() => this.execute(call));
    const handler = Object.hasOwn(service.handlers, call.handler)
      ? service.handlers[call.handler]
      : undefined;
    if (handler === undefined) {
      const message = `node ${this.#options.self} has no handler '${call.handler}' in '${call.service}'`;
      return { kind: 'refused', code: 'UNKNOWN_HANDLER', message };
    }
    try {
      const value = handler(context, ...call.args);
      if (!(value instanceof Promise)) return result(value, covered);
      return value.then(
        (settled) => result(settled, covered),
        (error) => (error instanceof Reconsider ? this.execute(call) : thrown(error)),
      );
    } catch (error) {
      return thrown(error);
    }
  }

  #admit({ target, caller }: ServedCall): CallContext | 'elsewhere' | 'sealed' {
    const { ownership, safeguards } = this.#options;
    switch (target.kind) {
      case 'node':
        return { hash: 0, partitions: nowhere, caller };
      case 'key': {
        const standing = ownership.standing(this.#partitionOf(target));
        const admitted = standing === 'owned' || !safeguards.ownershipCheck;
        return admitted ? { hash: target.hash, partitions: nowhere, caller } : standing;
      }
      case 'partitions': {
        // What cannot be covered now is left out, and the caller asks again.
        const covered = new PartitionSet(this.#options.partitions());
        for (const partition of new PartitionSet(this.#options.partitions(), target.set)) {
          if (ownership.standing(partition) === 'owned') covered.add(partition);
        }
        return { hash: 0, partitions: covered, caller };
      }
    }
  }

  #partitionOf(target: Target): number {
    return target.kind === 'key' ? target.hash & (this.#options.partitions() - 1) : 0;
  }

  #within(event: Promise<void>, ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#options.clock.after(ms, resolve);
      void event.then(() => {
        timer.cancel();
        resolve();
      });
    });
  }

  #encode(outcome: Outcome): Reply {
    const { codec } = this.#options;
    if (outcome.kind === 'thrown') return { kind: 'thrown', error: codec.encodeError(outcome.error) };
    if (outcome.kind !== 'result') return outcome;
    try {
      const value = codec.encodeList([outcome.value]);
      return outcome.covered === undefined
        ? { kind: 'result', value }
        : { kind: 'result', value, covered: outcome.covered.bits };
    } catch (error) {
      return { kind: 'thrown', error: codec.encodeError(error) };
    }
  }
}

function result(value: unknown, covered: PartitionSet | undefined): Outcome {
  return covered === undefined ? { kind: 'result', value } : { kind: 'result', value, covered };
}

function thrown(error: unknown): Outcome {
  return { kind: 'thrown', error };
}
