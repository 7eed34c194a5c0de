import type { Agreement } from './agreement.ts';
import type { Clock, Timer } from './clock.ts';
import type { Ownership } from './ownership.ts';
import type { Router } from './router.ts';
import { completeMoves, type Move, memberOf, planMoves, type View } from './view.ts';

export interface MovesOptions {
  readonly self: string;
  readonly router: Router;
  readonly agreement: Agreement;
  readonly ownership: Ownership;
  readonly clock: Clock;
  /** How long the members must have been the same before anything moves, in ms: joins of about the same time are one. */
  readonly settle: number;
  moved(moves: readonly Move[]): void;
  log(message: string): void;
}

/**
 * Hands over the partitions of this node that the router wants elsewhere. Only the owner commits a move: it holds the
 * partition's calls, publishes the view that names the new owner, and sends the held calls there.
 */
export class Moves {
  readonly #options: MovesOptions;
  #timer: Timer | undefined;
  #running = false;
  #stopped = false;

  constructor(options: MovesOptions) {
    this.#options = options;
  }

  /** Looks at a new view: if it asks for moves of this node's partitions, they begin once it has settled. */
  follow(view: View): void {
    this.#timer?.cancel();
    if (this.#stopped || this.#running || this.#planned(view).length === 0) return;
    this.#timer = this.#options.clock.after(this.#options.settle, () => void this.#run());
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  async #run(): Promise<void> {
    const { agreement, log } = this.#options;
    this.#running = true;
    try {
      await this.#handOver(this.#planned(agreement.view));
    } catch (error) {
      log(`moving partitions: ${(error as Error).message}`);
    } finally {
      this.#running = false;
    }
    this.follow(agreement.view);
  }

  async #handOver(moves: readonly Move[]): Promise<void> {
    const { agreement, ownership, moved } = this.#options;
    const partitions = moves.map(({ partition }) => partition);
    ownership.seal(partitions);
    try {
      const view = await agreement.publish((current) => {
        const valid = moves.filter((move) => this.#stillRight(current, move));
        return valid.length === 0 ? undefined : completeMoves(current, valid);
      });
      moved(moves.filter(({ partition, to }) => view.owners[partition] === to));
    } finally {
      ownership.unseal(partitions);
    }
  }

  #planned(view: View): readonly Move[] {
    const { self, router } = this.#options;
    return planMoves(view, router).filter(({ from }) => from === self);
  }

  #stillRight(view: View, { partition, to }: Move): boolean {
    return view.owners[partition] === this.#options.self && memberOf(view, to) !== undefined;
  }
}
