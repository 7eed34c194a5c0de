import type { Places } from './places.ts';

/** What is measured, as the loop sees it: adapters add nothing but the call, and what a user would do to get objects. */
export interface Client {
  readonly get: (key: string) => Promise<unknown>;
  readonly put: (key: string, value: object) => Promise<unknown>;
  /** Answers what is there, and would load what is not. Absent where that is a `get` with an `if` after it. */
  readonly fetch?: (key: string) => Promise<unknown>;
  /** In the order asked. Absent where there is no such thing. */
  readonly getMany?: (keys: readonly string[]) => Promise<readonly unknown[]>;
  /** Puts entries into what is to be measured, where that is faster than one by one; it is not measured. */
  readonly putMany?: (entries: readonly (readonly [string, object])[]) => Promise<unknown>;
  /** Whether every key has to be read once before what is measured is what it is named after. Default: `false`. */
  readonly primed?: boolean;
  /** Whether it answers what is measured without another process: to look at the clock would take as long. Default: `false`. */
  readonly inProcess?: boolean;
  /** The other processes that work for it. */
  readonly pids: readonly number[];
  readonly close: () => unknown;
}

/** What bytes go over. */
export type Link = 'none' | 'unix' | 'tcp' | 'tls' | 'nats';

/** Something that is measured in a caller process of its own. */
export interface RemoteCandidate {
  /** Unique among candidates. */
  readonly name: string;
  readonly link: Link;
  /** Whether it has no way to ask for many keys at once. Default: `false`. */
  readonly onlySingle?: boolean;
  /** How many entries it is measured with at most, where it takes long to fill. Default: as many as all others. */
  readonly entries?: number;
  /** Rejects with {@link Unavailable} where something that it needs is not there. */
  readonly open: (places: Places) => Promise<Client>;
}

/** It cannot be measured here; the message says why. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable';
}
