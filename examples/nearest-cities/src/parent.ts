import { type FromNode, type Handover, NOTHING_YET, type NodeStatistics, type ToNode } from './messages.ts';

const STATISTICS_EVERY_MS = 250;
const ORPHAN_CLOSES_WITHIN_MS = 5_000;

export interface Service {
  /** Whenever they are asked for, before and after it has left, too. */
  statistics(): NodeStatistics;
  leave(withinMs: number): Promise<void>;
  /** The parent died without a word, and this node has left: nobody else is there to tidy up. */
  orphaned(): Promise<void>;
}

/** A node's end of the line to the process that started it. */
export class Parent {
  readonly #process: NodeJS.Process;
  #service: Service | undefined;

  constructor(process: NodeJS.Process) {
    this.#process = process;
    process.on('uncaughtException', (error) => this.#fail(error));
    // Ctrl-C reaches every process of a terminal, but when a node leaves is for the parent to say.
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
    process.on('message', (message: ToNode) => this.#obey(message));
    process.on('disconnect', () => this.#orphaned());
  }

  joined(service: Service): void {
    this.#service = service;
    this.#tell({ type: 'joined' });
    setInterval(() => this.statistics(), STATISTICS_EVERY_MS);
  }

  ready(port: number): void {
    this.#tell({ type: 'ready', port });
  }

  moved(handover: Handover): void {
    this.#tell({ type: 'moved', handover });
  }

  /** Tells the statistics now, because they have changed. */
  statistics(): void {
    this.#tell({ type: 'statistics', statistics: this.#statistics() });
  }

  #statistics(): NodeStatistics {
    return this.#service?.statistics() ?? NOTHING_YET;
  }

  #obey(message: ToNode): void {
    if (message.type === 'leave') void this.#leave(message.withinMs);
    else this.#tell({ type: 'report', statistics: this.#statistics() });
  }

  async #leave(withinMs: number): Promise<void> {
    await this.#service?.leave(withinMs);
    if (!this.#process.connected) this.#process.exit(0);
    this.#tell({ type: 'left', statistics: this.#statistics() }, () => this.#process.exit(0));
  }

  async #orphaned(): Promise<void> {
    setTimeout(() => this.#process.exit(1), ORPHAN_CLOSES_WITHIN_MS);
    await this.#service?.leave(ORPHAN_CLOSES_WITHIN_MS);
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
