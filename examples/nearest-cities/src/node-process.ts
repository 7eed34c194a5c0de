import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { FromNode, NodeStatistics, ToNode } from './messages.ts';

const SERVICE = fileURLToPath(new URL('./service.js', import.meta.url));
const REPORTS_WITHIN_MS = 2_000;
const STOPS_WITHIN_MS = 8_000;

/** A node's process ended without being told to. Its message is a sentence. */
export class NodeCrash extends Error {}

export interface NodeOptions {
  readonly id: string;
  readonly directory: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly onCrash: (crash: NodeCrash) => void;
}

/** The parent's handle of one node. */
export class NodeProcess {
  readonly id: string;
  readonly ready: Promise<void>;
  /** The newest the node has told. */
  statistics: NodeStatistics = { keys: 0, loads: 0 };
  port = 0;
  readonly #child: ChildProcess;
  readonly #exited: Promise<void>;
  #isReady: () => void = () => {};
  #reported: () => void = () => {};
  #stopping = false;
  #failure: string | undefined;

  constructor({ id, directory, port, onCrash }: NodeOptions) {
    this.id = id;
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
        if (!this.#stopping) onCrash(new NodeCrash(`Node ${id} stopped: ${why}.`));
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

  /** Lets the node close, and kills it if it does not in time; answers whether it closed by itself. */
  async stop(): Promise<boolean> {
    this.#stopping = true;
    this.#tell({ type: 'stop' });
    let inTime = true;
    const deadline = setTimeout(() => {
      inTime = false;
      void this.kill();
    }, STOPS_WITHIN_MS);
    await this.#exited;
    clearTimeout(deadline);
    return inTime;
  }

  async kill(): Promise<void> {
    this.#stopping = true;
    this.#child.kill('SIGKILL');
    await this.#exited;
  }

  #tell(message: ToNode): void {
    if (this.#child.connected) this.#child.send(message);
  }

  #hear(message: FromNode): void {
    if (message.type === 'failed') {
      this.#failure = message.message;
    } else if (message.type === 'ready') {
      this.port = message.port;
      this.#isReady();
    } else {
      this.statistics = message.statistics;
      if (message.type === 'report') this.#reported();
    }
  }
}
