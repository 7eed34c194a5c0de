/** How bytes reach another node: an ordered, reliable stream with an end. */
export interface Connection {
  /** Bytes accepted by `send` that have not left yet. */
  readonly pending: number;
  /** Sends bytes after all earlier ones. After the end it does nothing: the close handler says so. */
  send(bytes: Uint8Array): void;
  /** Sets who is told of what happens; called once, before anything can arrive. */
  handle(handlers: ConnectionHandlers): void;
  /** Whether this connection keeps the process alive; it does not, unless asked to. */
  keepAlive(active: boolean): void;
  /** Ends the connection: what was sent still goes out, nothing more comes in. The close handlers of both sides are called. */
  close(): void;
}

export interface ConnectionHandlers {
  /** A piece of the stream; its boundaries mean nothing. */
  data(chunk: Uint8Array): void;
  /** The stream has ended, for whatever reason. Called exactly once. */
  close(): void;
}

export interface Listener {
  /** What others pass to `connect`. */
  readonly address: string;
  /** Whether this listener keeps the process alive; it does not, unless asked to. */
  keepAlive(active: boolean): void;
  /** Accepts nothing more. Connections that were accepted go on until they are closed. */
  close(): Promise<void>;
  /** Closes as the end of the process would: a transport that can prove a death takes this address for dead from now on. */
  abandon(): Promise<void>;
}

export interface Transport {
  readonly name: string;
  /**
   * An address for a node of `cluster` that is told of none; `name` is unique. A transport without this needs to be told.
   */
  address?(cluster: string, name: string): string;
  /** Whether nobody can be reached now for a reason on this side: then others are not blamed for their silence. */
  cutOff?(): boolean;
  /** Accepts connections at `address` (each transport documents its form) until the listener is closed. */
  listen(address: string, accept: (connection: Connection) => void): Promise<Listener>;
  /** Opens a connection, or rejects with a {@link ConnectError}. */
  connect(address: string, options?: { signal?: AbortSignal }): Promise<Connection>;
}

/** A connection could not be opened. */
export class ConnectError extends Error {
  override readonly name = 'ConnectError';
  /**
   * `true` when this proves that nobody will ever answer at that address again (a Unix socket that refuses: its process
   * is gone). A missing socket file, a timeout or a refused TCP port prove nothing.
   */
  readonly dead: boolean;

  constructor(message: string, options: ErrorOptions & { dead: boolean }) {
    super(message, options);
    this.dead = options.dead;
  }
}
