import type { OperationOutcome } from 'cachex/testing';

/** The caches of a run: one with a backup of every entry, and one without. */
export const cacheNames = ['kept', 'loose'] as const;
export type CacheName = (typeof cacheNames)[number];

/** What a process is started with. */
export interface Start {
  readonly id: string;
  /** Which one it is of those that have had the id. */
  readonly life: number;
  /** Where its socket is, and the views unless there is a server. */
  readonly directory: string;
  /** The path of the network that its connections go through. */
  readonly proxy: string;
  /** The NATS server that keeps the views; the directory does if there is none. */
  readonly server?: string | undefined;
  readonly seed: number;
  readonly clients: number;
  /** In ms. */
  readonly failureAfter: number;
  readonly timeout: number;
}

/** An operation is about to be asked for. It is told before it is, so that it is known whatever becomes of the process. */
export interface Asked {
  readonly asked: number;
  readonly client: string;
  readonly cache: CacheName;
  readonly window: number;
  readonly key: string;
  readonly action: string;
  readonly args: readonly unknown[];
  readonly at: number;
}

export interface Ended {
  readonly ended: number;
  readonly client: string;
  readonly at: number;
  readonly outcome: OperationOutcome;
  readonly code?: string | undefined;
  readonly result?: unknown;
}

/** What is asked of a process beside its load. */
export interface Commands {
  status(): {
    readonly members: readonly string[];
    readonly unowned: number;
    readonly underReplicated: number;
    readonly moving: number;
  };
  /** Reads these keys, as a client of its own. */
  read(cache: CacheName, window: number, keys: readonly string[]): undefined;
  /** Ends its load, and answers once nothing is under way. */
  rest(): undefined;
  leave(): { readonly lost: number };
  /** Keeps its event loop busy for so many ms. */
  stall(ms: number): undefined;
  /** Sets its wall clock forward or back, by so many ms in all. */
  step(ms: number): undefined;
  /** Writes the cache with backups into a file; answers the code of the error, if that was the outcome. */
  dump(path: string): string | undefined;
  memory(): number;
}

/** From a process to the one that started it, beside its answers. */
export type Message = { readonly told: Asked | Ended } | { readonly removed: string };

/** In ms, on a clock that all processes of a machine share, and that nobody sets. */
export function machineTime(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
