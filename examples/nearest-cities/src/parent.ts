import type { FromNode, NodeStatistics, ToNode } from './messages.ts';

const STATISTICS_EVERY_MS = 250;
const ORPHAN_CLOSES_WITHIN_MS = 5_000;
const NOTHING_YET: NodeStatistics = { keys: 0, loads: 0 };

export interface Service {
  readonly port: number;
  statistics(): NodeStatistics;
  close(): Promise<void>;
  /** The parent died without a word, and this node is closed: nobody else is left to tidy up. */
  orphaned(): Promise<void>;
}

/** A node's end of the line to the process that started it. */
export class Parent {
  readonly #process: NodeJS.Process;
  #service: Service | undefined;

  constructor(process: NodeJS.Process) {
    this.#process = process;
    process.on('uncaughtException', (error) => this.#fail(error));
    // Ctrl-C reaches every process of a terminal, but when a node closes is for the parent to say.
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
    process.on('message', (message: ToNode) => this.#obey(message));
    process.on('disconnect', () => this.#orphaned());
  }

  ready(service: Service): void {
    this.#service = service;
    this.#tell({ type: 'ready', port: service.port });
    setInterval(() => {
      this.#tell({ type: 'statistics', statistics: service.statistics() });
    }, STATISTICS_EVERY_MS);
  }

  #obey(message: ToNode): void {
    if (message.type === 'stop') void this.#stop();
    else this.#tell({ type: 'report', statistics: this.#service?.statistics() ?? NOTHING_YET });
  }

  async #stop(): Promise<void> {
    await this.#service?.close();
    this.#process.exit(0);
  }

  async #orphaned(): Promise<void> {
    setTimeout(() => this.#process.exit(1), ORPHAN_CLOSES_WITHIN_MS);
    await this.#service?.close();
    await this.#service?.orphaned();
    this.#process.exit(1);
  }

  #fail(error: Error): void {
    if (!this.#process.connected) this.#process.exit(1);
    this.#tell({ type: 'failed', message: error.message }, () => this.#process.exit(1));
  }

  #tell(message: FromNode, sent: () => void = () => {}): void {
    if (this.#process.connected) this.#process.send?.(message, undefined, undefined, sent);
  }
}
