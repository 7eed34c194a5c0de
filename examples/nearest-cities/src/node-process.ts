import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type FromNode, type Handover, NOTHING_YET, type NodeStatistics, type ToNode } from './messages.ts';

const SERVICE = fileURLToPath(new URL('./service.js', import.meta.url));
const REPORTS_WITHIN_MS = 2_000;
/** What a node may need to exit beyond the time it has to hand its partitions over. */
const EXITS_WITHIN_MS = 5_000;

/** A node's process ended without being told to. Its message is a sentence. */
export class NodeCrash extends Error {}

export interface NodeOptions {
  readonly id: string;
  readonly directory: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly onCrash: (crash: NodeCrash) => void;
  readonly onMoved: (handover: Handover) => void;
}

/** The parent's handle of one node. */
export class NodeProcess {
  readonly id: string;
  readonly ready: Promise<void>;
  /** Whether it takes part in the cluster, if only to receive its share. */
  joined = false;
  /** The newest the node has told. */
  statistics: NodeStatistics = NOTHING_YET;
  /** 0 until it is ready. */
  port = 0;
  readonly #child: ChildProcess;
  readonly #exited: Promise<void>;
  readonly #onMoved: (handover: Handover) => void;
  #isReady: () => void = () => {};
  #reported: () => void = () => {};
  #stopping: Promise<boolean> | undefined;
  #killed = false;
  #failure: string | undefined;

  constructor({ id, directory, port, onCrash, onMoved }: NodeOptions) {
    this.id = id;
    this.#onMoved = onMoved;
    // Standard output is the demo's own; what a node has to say to a person goes to standard error.
    this.#child = fork(SERVICE, [id, directory, String(port)], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    this.ready = new Promise((resolve) => {
      this.#isReady = resolve;
    });
    this.#child.on('message', (message: FromNode) => this.#hear(message));
    this.#exited = new Promise((resolve) => {
      const gone = (why: string) => {
        this.#reported();
        resolve();
        if (!this.#stopping && !this.#killed)
          onCrash(new NodeCrash(`Node ${id} stopped: ${why.replace(/\.$/, '')}.`));
      };
      // `close`, not `exit`: by then the node's last message has been heard.
      this.#child.on('close', (code, signal) => {
        gone(this.#failure ?? (signal ? `it was killed by ${signal}` : `it exited with code ${code}`));
      });
      this.#child.on('error', (error) => {
        // With a process, this is a message that came too late for it, and `close` tells why.
        if (this.#child.pid === undefined) gone(error.message);
      });
    });
  }

  /** Brings `statistics` up to date, unless the node is in no state to answer. */
  async report(): Promise<void> {
    if (!this.#child.connected) return;
    await new Promise<void>((resolve) => {
      const deadline = setTimeout(resolve, REPORTS_WITHIN_MS);
      this.#reported = () => {
        clearTimeout(deadline);
        resolve();
      };
      this.#tell({ type: 'report' });
    });
  }

  /**
   * Lets the node hand over and leave, and kills it if it does not in time; answers whether it left by itself. Calling
   * it again waits for the same end.
   */
  stop(withinMs: number): Promise<boolean> {
    this.#stopping ??= this.#stop(withinMs);
    return this.#stopping;
  }

  async kill(): Promise<void> {
    this.#killed = true;
    this.#child.kill('SIGKILL');
    await this.#exited;
  }

  async #stop(withinMs: number): Promise<boolean> {
    this.#tell({ type: 'leave', withinMs });
    const deadline = setTimeout(() => void this.kill(), withinMs + EXITS_WITHIN_MS);
    await this.#exited;
    clearTimeout(deadline);
    return !this.#killed;
  }

  #tell(message: ToNode): void {
    if (this.#child.connected) this.#child.send(message);
  }

  #hear(message: FromNode): void {
    switch (message.type) {
      case 'failed':
        this.#failure = message.message;
        break;
      case 'joined':
        this.joined = true;
        break;
      case 'ready':
        this.port = message.port;
        this.#isReady();
        break;
      case 'moved':
        this.#onMoved(message.handover);
        break;
      default:
        this.statistics = message.statistics;
        if (message.type === 'report') this.#reported();
    }
  }
}
