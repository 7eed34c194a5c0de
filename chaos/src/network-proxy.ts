import { createServer, connect as dial, type Server, type Socket } from 'node:net';
import { basename } from 'node:path';

/** What a dialler says first, as one line of JSON. It sends nothing more before the answer: `{}`, or `{ error }`. */
interface Request {
  /** The name of the dialler. */
  readonly from: string;
  /** `unix:` and the path of a socket, whose file name up to the first dot is the name of the other side. */
  readonly to: string;
}

/**
 * A network between processes that can be cut. It stands between those who dial through it: one Unix socket, and for each
 * connection another one to where the dialler wants to go.
 *
 * What is sent in a direction that is cut is held back, its end included, while the connections stand; whoever dials hears
 * nothing. When the cut is healed, everything that was held back arrives.
 */
export class NetworkProxy {
  readonly path: string;
  readonly #server: Server;
  readonly #cuts = new Set<string>();
  /** By how many ms what is sent is late. */
  readonly #delays = new Map<string, number>();
  readonly #streams = new Set<Stream>();
  readonly #sockets = new Set<Socket>();
  /** Those who dial across a cut. */
  readonly #dialling = new Set<() => void>();

  private constructor(path: string) {
    this.path = path;
    this.#server = createServer({ allowHalfOpen: true }, (socket) => this.#accept(this.#keep(socket)));
  }

  static async listen(path: string): Promise<NetworkProxy> {
    const proxy = new NetworkProxy(path);
    await new Promise<void>((resolve, reject) => {
      proxy.#server.once('error', reject);
      proxy.#server.listen(path, resolve);
    });
    return proxy;
  }

  /** Nothing that one of `from` sends reaches one of `to` any more. */
  cut(from: readonly string[], to: readonly string[]): void {
    for (const one of from) for (const other of to) this.#cuts.add(direction(one, other));
    for (const stream of this.#streams) stream.obey();
  }

  /** What one of `from` sends to one of `to` comes later by so many ms, in its order. */
  slow(from: readonly string[], to: readonly string[], ms: number): void {
    for (const one of from) for (const other of to) this.#delays.set(direction(one, other), ms);
  }

  /** Ends the cuts in these directions; all of them if none are named, and whatever makes links slow. */
  heal(from?: readonly string[], to?: readonly string[]): void {
    if (from === undefined || to === undefined) {
      this.#cuts.clear();
      this.#delays.clear();
    } else for (const one of from) for (const other of to) this.#cuts.delete(direction(one, other));
    for (const stream of this.#streams) stream.obey();
    for (const goOn of [...this.#dialling]) goOn();
  }

  /** Breaks all connections. */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #keep(socket: Socket): Socket {
    this.#sockets.add(socket);
    // The close event follows.
    socket.on('error', () => {});
    socket.once('close', () => this.#sockets.delete(socket));
    return socket;
  }

  #accept(dialler: Socket): void {
    let text = '';
    const read = (chunk: Buffer): void => {
      text += chunk.toString();
      if (!text.endsWith('\n')) return;
      dialler.off('data', read);
      dialler.pause();
      this.#dial(dialler, JSON.parse(text) as Request);
    };
    dialler.on('data', read);
  }

  #dial(dialler: Socket, { from, to }: Request): void {
    const path = to.slice('unix:'.length);
    const other = basename(path).split('.')[0]!;
    const goOn = (): void => {
      if (this.#isCut(from, other) || this.#isCut(other, from)) return;
      this.#dialling.delete(goOn);
      if (!dialler.destroyed) this.#connect(dialler, from, other, path);
    };
    this.#dialling.add(goOn);
    goOn();
  }

  #connect(dialler: Socket, from: string, to: string, path: string): void {
    const target = this.#keep(dial({ path, allowHalfOpen: true }));
    const refused = (error: Error): void => {
      dialler.end(`${JSON.stringify({ error: error.message })}\n`);
    };
    target.once('error', refused);
    target.once('connect', () => {
      target.off('error', refused);
      dialler.write('{}\n');
      this.#pipe(dialler, target, from, to);
      this.#pipe(target, dialler, to, from);
    });
  }

  #pipe(source: Socket, target: Socket, from: string, to: string): void {
    const stream: Stream = new Stream({
      ...{ source, target },
      isCut: () => this.#isCut(from, to),
      delay: () => this.#delays.get(direction(from, to)) ?? 0,
      over: () => this.#streams.delete(stream),
    });
    this.#streams.add(stream);
    stream.obey();
  }

  #isCut(from: string, to: string): boolean {
    return this.#cuts.has(direction(from, to));
  }
}

function direction(from: string, to: string): string {
  return JSON.stringify([from, to]);
}

interface StreamOptions {
  readonly source: Socket;
  readonly target: Socket;
  isCut(): boolean;
  /** By how many ms what comes now is late. */
  delay(): number;
  over(): void;
}

/** What is late, and its end. */
interface Late {
  readonly at: number;
  readonly chunk: Buffer | undefined;
}

/** Of what is late, as many bytes are kept; then nothing more is read. */
const mostLate = 1024 * 1024;

/** One direction of a connection. While it is cut nothing is read, so that what was sent waits, and so does its end. */
class Stream {
  readonly #options: StreamOptions;
  readonly #late: Late[] = [];
  #lateBytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #broken = false;

  constructor(options: StreamOptions) {
    this.#options = options;
    const { source, target } = options;
    source.on('data', (chunk: Buffer) => this.#pass(chunk));
    source.once('end', () => this.#pass(undefined));
    source.once('close', () => {
      this.#broken = true;
      this.obey();
    });
    // What cannot be delivered any more need not be read; the source learns of it by its own stream.
    target.once('close', () => {
      clearTimeout(this.#timer);
      options.over();
    });
  }

  /** Goes on or stops, whatever is asked of it now. */
  obey(): void {
    const { source, isCut } = this.#options;
    if (isCut()) source.pause();
    else if (this.#late.length > 0) this.#deliverLater();
    else if (this.#broken) this.#deliver(undefined);
    else source.resume();
  }

  #pass(chunk: Buffer | undefined): void {
    const delay = this.#options.delay();
    if (delay === 0 && this.#late.length === 0) {
      this.#deliver(chunk);
      return;
    }
    this.#late.push({ at: performance.now() + delay, chunk });
    this.#lateBytes += chunk?.length ?? 0;
    if (this.#lateBytes > mostLate) this.#options.source.pause();
    this.#deliverLater();
  }

  #deliverLater(): void {
    const [next] = this.#late;
    if (next === undefined) this.obey();
    else
      this.#timer ??= setTimeout(
        () => {
          this.#timer = undefined;
          if (this.#options.isCut()) return;
          this.#late.shift();
          this.#lateBytes -= next.chunk?.length ?? 0;
          this.#deliver(next.chunk);
          this.#deliverLater();
        },
        Math.max(0, next.at - performance.now()),
      );
  }

  #deliver(chunk: Buffer | undefined): void {
    const { target, over } = this.#options;
    if (chunk === undefined) {
      over();
      target.end();
    } else if (target.writable) target.write(chunk);
  }
}
