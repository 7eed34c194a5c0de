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

  /** Ends all cuts. */
  heal(): void {
    this.#cuts.clear();
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
      this.#pipe(dialler, target, () => this.#isCut(from, to));
      this.#pipe(target, dialler, () => this.#isCut(to, from));
    });
  }

  #pipe(source: Socket, target: Socket, isCut: () => boolean): void {
    const stream = new Stream(source, target, isCut, () => this.#streams.delete(stream));
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

/** One direction of a connection. While it is cut nothing is read, so that what was sent waits, and so does its end. */
class Stream {
  readonly #source: Socket;
  readonly #target: Socket;
  readonly #isCut: () => boolean;
  readonly #over: () => void;
  #broken = false;

  constructor(source: Socket, target: Socket, isCut: () => boolean, over: () => void) {
    this.#source = source;
    this.#target = target;
    this.#isCut = isCut;
    this.#over = over;
    source.on('data', (chunk: Buffer) => {
      if (target.writable) target.write(chunk);
    });
    source.once('end', () => this.#end());
    source.once('close', () => {
      this.#broken = true;
      this.obey();
    });
    // What cannot be delivered any more need not be read; the source learns of it by its own stream.
    target.once('close', over);
  }

  /** Goes on or stops, whatever is asked of it now. */
  obey(): void {
    if (this.#isCut()) this.#source.pause();
    else if (this.#broken) this.#end();
    else this.#source.resume();
  }

  #end(): void {
    this.#over();
    this.#target.end();
  }
}
