import type { RoutedNode } from '@cachex/router';
import type { Decision, Lock, Locks } from '../local/locks.ts';
import { operationHandler } from './caller.ts';
import type { TransactionOutcome } from './operations/outcome.ts';

/** In ms: how long one question may take, and when the next is asked. */
const patience = 30_000;
const retryAfter = 250;

/**
 * Ends transactions whose caller may be gone: whoever has staged writes asks the home of the transaction, and the home sees
 * to it that what is committed is applied. Everything is done by calls to whoever owns the partitions by then.
 */
export class TransactionRecovery {
  readonly #node: RoutedNode;
  readonly #service: string;
  readonly #locks: () => Locks;

  constructor(node: RoutedNode, service: string, locks: () => Locks) {
    this.#node = node;
    this.#service = service;
    this.#locks = locks;
  }

  /** Finds out whether to apply what is staged, or to drop it. */
  undecided(lock: Lock): void {
    const { id, keys, staged } = lock;
    const { hash, token } = staged!.home;
    void this.#persist(
      () => this.#locks().knows(lock),
      async () => {
        const outcome = (await this.#call(hash, 'outcome', id, token)) as TransactionOutcome;
        if (outcome === 'committed') await this.#call(keys[0]!.hash, 'apply', id);
        else if (outcome === 'aborted') await this.#call(keys[0]!.hash, 'unlock', id, undefined);
        else return Math.min(Math.max(outcome, 10), 2_000);
        return retryAfter;
      },
    );
  }

  /** Has a committed transaction applied wherever it is not yet. */
  unapplied(decision: Decision): void {
    const { id, hash, until } = decision;
    void this.#persist(
      () => this.#locks().decision(id, hash) === decision,
      async () => {
        const { pending } = decision;
        const given = this.#locks().now >= until;
        const settled = await Promise.allSettled(pending.map((each) => this.#call(each, 'apply', id)));
        const applied = pending.filter((_, n) => given || settled[n]!.status === 'fulfilled');
        if (applied.length > 0) await this.#call(hash, 'confirm', id, applied);
        return retryAfter;
      },
    );
  }

  /** Does it again and again, as long as it is needed here. */
  async #persist(needed: () => boolean, work: () => Promise<number>): Promise<void> {
    while (needed()) {
      let pause = retryAfter;
      try {
        pause = await work();
      } catch (error) {
        const { code } = error as { code?: unknown };
        if (code === 'CLOSED' || code === 'FENCED') return;
      }
      if (!needed()) return;
      await new Promise<void>((resolve) => void this.#node.clock.after(pause, resolve));
    }
  }

  #call(hash: number, operation: string, ...args: readonly unknown[]): Promise<unknown> {
    return this.#node.dispatch.call(hash, {
      ...{ service: this.#service, handler: operationHandler(operation), args },
      ...{ repeatable: true, timeout: patience },
    });
  }
}
