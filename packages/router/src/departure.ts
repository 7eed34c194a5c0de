import type { Acceptors } from './acceptors.ts';
import type { Agreement } from './agreement.ts';
import type { Clock } from './clock.ts';
import type { Dispatch } from './dispatch.ts';
import type { Electors } from './electors.ts';
import type { Lease } from './lease.ts';
import type { Moves } from './moves.ts';
import type { Ownership } from './ownership.ts';
import type { Router } from './router.ts';
import type { Services } from './services.ts';
import { fail, memberOf, reweigh } from './view.ts';

/** How a node's leaving ended. */
export interface LeaveReport {
  /** Partitions that are with others now: handed over, or taken over by a copy. */
  readonly moved: number;
  /** Partitions that were not: their entries are gone. */
  readonly lost: number;
}

export interface DepartureOptions {
  readonly self: string;
  readonly incarnation: string;
  readonly router: Router;
  readonly clock: Clock;
  readonly agreement: Agreement;
  readonly ownership: Ownership;
  readonly electors: Electors;
  readonly lease: Lease;
  readonly moves: Moves;
  readonly services: Services;
  readonly dispatch: Dispatch;
  readonly acceptors: Acceptors;
  /** How long the view store may take for the last view, in ms. */
  readonly timeout: number;
  /** How long calls under way and the links of others may take to end at least, in ms. */
  readonly grace: number;
  /** Resolves when no reply waits for copies any more, or after `ms`. */
  settled(ms: number): Promise<void>;
  /** From now on no new calls are accepted. */
  refuse(): void;
  log(message: string): void;
}

/**
 * How a node leaves: it asks for no partitions any more and hands over what it has, waits for what was begun here, takes
 * itself out of the view, and lets the calls that are under way end.
 */
export async function depart(options: DepartureOptions, within: number): Promise<LeaveReport> {
  const { self, incarnation, router, clock, agreement, ownership, electors, lease, moves, timeout, log } =
    options;
  const deadline = clock.now() + within;
  const before = ownership.owned().length;
  const complain = (error: unknown): void => log(`leaving: ${(error as Error).message}`);
  await drain(options, deadline).catch(complain);
  moves.stop();
  // What is left goes with this node, and so does what it is still given. Nothing of it may be answered once others
  // could own it.
  ownership.sealAll();
  lease.retire();
  // What was executed before that should still reach the copies, one of which is promoted.
  await options.settled(deadline - clock.now());
  let lost = ownership.owned().length;
  try {
    await agreement.publish((view) => {
      if (memberOf(view, self)?.incarnation !== incarnation) return undefined;
      lost = view.owners.filter(
        (owner, partition) => owner === self && view.backups[partition]!.length === 0,
      ).length;
      return electors.seated(view, fail(view, [self], router));
    }, timeout);
    // The calls that waited are told who owns their keys now.
    ownership.unsealAll();
  } catch (error) {
    complain(error);
  }
  options.refuse();
  await quiet(options, deadline);
  return { moved: Math.max(0, before - lost), lost };
}

/** Moves everything away, as long as there is somebody to move it to, and waits for what was begun here. */
async function drain(options: DepartureOptions, deadline: number): Promise<void> {
  const { self, clock, agreement, services } = options;
  const left = (): number => deadline - clock.now();
  await handOver(options, left);
  // Who has no weight may still own what a load that runs here is for.
  if (!agreement.view.members.some(({ id }) => id !== self)) return;
  const idle = [...services.all()].map((service) => service.idle?.());
  await new Promise<void>((resolve) => {
    const timer = clock.after(Math.max(0, left()), resolve);
    void Promise.allSettled(idle).then(() => {
      timer.cancel();
      resolve();
    });
  });
}

async function handOver(options: DepartureOptions, left: () => number): Promise<void> {
  const { self, router, agreement, electors, ownership, moves } = options;
  const heirs = (): boolean => agreement.view.members.some(({ id, weight }) => id !== self && weight > 0);
  if (!heirs() || left() <= 0) return;
  await agreement.publish((view) => {
    const member = memberOf(view, self);
    if (member === undefined || member.weight === 0) return undefined;
    return electors.seated(view, reweigh(view, self, 0, router));
  }, left());
  moves.hurry();
  // What others keep here as their copy is needed until they have another one. None is named here any more that is not
  // named now: this node has no weight.
  const needed = (): boolean =>
    ownership.owned().length > 0 || agreement.view.backups.some((ids) => ids.includes(self));
  while (needed() && heirs() && left() > 0) await agreement.reach(agreement.view.epoch + 1, left());
}

/** Calls end in peace, this node's own and those of others: each of these ends its link once it knows the new view. */
async function quiet(
  { clock, dispatch, acceptors, grace }: DepartureOptions,
  deadline: number,
): Promise<void> {
  const until = clock.now() + grace;
  // What was called here has deadlines of its own, and there may be time.
  await dispatch.idle(Math.max(until, deadline) - clock.now());
  await acceptors.ended(Math.max(0, until - clock.now()));
}
