import { formatCount, formatMs } from './format.ts';
import type { NodeStatistics } from './messages.ts';
import type { StoryRecord } from './story-record.ts';

const LEAVES_WITHIN_MS = 20_000;
const LOOKS_EVERY_MS = 20;

/** The part of the cluster that the story needs. */
export interface Stage {
  readonly nodes: readonly {
    readonly id: string;
    readonly joined: boolean;
    readonly statistics: NodeStatistics;
  }[];
  add(id: string, port: number): Promise<void>;
  retire(id: string): void;
  remove(id: string, withinMs: number): Promise<boolean>;
  report(): Promise<void>;
}

export interface StoryOptions {
  readonly stage: Stage;
  readonly record: StoryRecord;
  /** The node that joins and leaves. */
  readonly id: string;
  readonly port: number;
  /** Resolves when no request to the node is under way. */
  readonly idle: (id: string) => Promise<void>;
  readonly pause: (ms: number) => Promise<unknown>;
  /** Hears a sentence when the node begins to join, is ready, begins to leave, and has left. */
  readonly tell: (news: string) => void;
}

/** When the node joins, and how long after that it leaves, unless it needs longer to join. */
export interface StoryTimes {
  readonly joinAfter: number;
  readonly stayFor: number;
  readonly repeat: boolean;
}

/** A node joins and leaves again, while others keep asking. */
export class Story {
  readonly #options: StoryOptions;
  readonly #over: AbortSignal;
  readonly #ended: Promise<never>;
  #line: () => string = () => '';

  /** `over`: the run is over, and the story with it, wherever it is. */
  constructor(options: StoryOptions, over: AbortSignal) {
    this.#options = options;
    this.#over = over;
    this.#ended = new Promise((_, reject) => {
      const end = () => reject(over.reason);
      if (over.aborted) end();
      else over.addEventListener('abort', end, { once: true });
    });
    this.#ended.catch(() => {});
  }

  /** What is going on now, in a line. */
  get line(): string {
    return this.#line();
  }

  /** Resolves when the story is told, or when the run is over. */
  async run({ joinAfter, stayFor, repeat }: StoryTimes): Promise<void> {
    const { id, pause } = this.#options;
    this.#line = () => `${id} joins later`;
    try {
      do {
        await this.#before(pause(joinAfter));
        const stay = pause(stayFor);
        await this.#join();
        await this.#before(stay);
        await this.#leave();
      } while (repeat);
    } catch (error) {
      if (!this.#over.aborted) throw error;
    }
  }

  async #join(): Promise<void> {
    const { stage, record, id, port, tell } = this.#options;
    record.begin('join');
    const before = { partitions: record.join.partitions, ms: record.join.moveMs };
    this.#line = () => this.#joinLine();
    tell(`${id} joins: its process starts.`);
    await this.#before(stage.add(id, port));
    await this.#quiet();
    record.end();
    const moved = movedSince(before, record.join);
    this.#line = () => `${id} has joined: ${moved}`;
    tell(`${id} is ready: ${moved}.`);
  }

  async #leave(): Promise<void> {
    const { stage, record, id, idle, tell } = this.#options;
    // As a load balancer does: first it is asked no more, then it leaves.
    stage.retire(id);
    await this.#before(idle(id));
    record.begin('leave');
    const before = { partitions: record.leave.partitions, ms: record.leave.moveMs };
    const owned = this.#own().partitions;
    this.#line = () => {
      const gone = owned - this.#own().partitions;
      return `${id} leaves: ${formatCount(gone)} of ${formatCount(owned)} partitions moved`;
    };
    tell(`${id} leaves: its partitions move to the others.`);
    const inTime = await this.#before(stage.remove(id, LEAVES_WITHIN_MS));
    record.end();
    const moved = movedSince(before, record.leave);
    this.#line = () => `${id} has left: ${moved}`;
    tell(inTime ? `${id} has left: ${moved}.` : `${id} did not leave in time and was killed: ${moved}.`);
  }

  #joinLine(): string {
    const { stage, id } = this.#options;
    const { partitions, moving } = this.#own();
    if (!stage.nodes.some((node) => node.id === id && node.joined)) return `${id} joins: its process starts`;
    if (partitions + moving === 0) return `${id} joins: it opens the cache`;
    return `${id} joins: ${formatCount(partitions)} of ${formatCount(partitions + moving)} partitions moved`;
  }

  #own(): { readonly partitions: number; readonly moving: number } {
    const { stage, id } = this.#options;
    return stage.nodes.find((node) => node.id === id)?.statistics ?? { partitions: 0, moving: 0 };
  }

  /** Resolves when no node knows of partitions on their way, and all have told what they moved. */
  async #quiet(): Promise<void> {
    const { stage, pause } = this.#options;
    for (;;) {
      await this.#before(stage.report());
      if (stage.nodes.every(({ statistics }) => statistics.moving === 0)) return;
      await this.#before(pause(LOOKS_EVERY_MS));
    }
  }

  async #before<T>(work: Promise<T>): Promise<T> {
    const result = await Promise.race([work, this.#ended]);
    this.#over.throwIfAborted();
    return result;
  }
}

function movedSince(
  before: { readonly partitions: number; readonly ms: number },
  now: { readonly partitions: number; readonly moveMs: number },
): string {
  return `${formatCount(now.partitions - before.partitions)} partitions moved in ${formatMs(now.moveMs - before.ms)}`;
}
