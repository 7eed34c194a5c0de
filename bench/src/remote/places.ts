/** A server that was started for this run, and how to reach it. */
export interface Place {
  readonly pid: number;
  readonly port: number;
  /** The path of its Unix socket. Absent where it has none. */
  readonly socket?: string;
}

/** The servers that there are. */
export interface Places {
  /** A folder of this run: sockets and what else it needs. */
  readonly folder: string;
  readonly redis?: Place;
  readonly nats?: Place;
}
