import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { Answer, Request } from './obey.ts';

/** How long a process may take for what it is told to do, in ms. */
export const patience = 60_000;

type Args<F> = F extends (...args: infer A) => unknown ? A : never;
type Result<F> = F extends (...args: never[]) => infer R ? Awaited<R> : never;

export interface ChildOptions {
  readonly execArgv?: readonly string[];
  /** Told of what is neither that it has joined nor an answer. */
  heard?(message: unknown): void;
}

/** A process with a node, which does what it is told: commands of `C`, which it obeys. */
export class Child<C extends object> {
  readonly id: string;
  readonly joined: Promise<unknown>;
  readonly ended: Promise<unknown>;
  readonly #process: ChildProcess;
  readonly #waiting = new Map<number, (answer: { value?: unknown; failure?: string }) => void>();
  #calls = 0;

  /** `start` is its only argument. */
  constructor(program: string, start: { readonly id: string }, options: ChildOptions = {}) {
    const { execArgv = [], heard = () => {} } = options;
    this.id = start.id;
    this.#process = fork(program, [JSON.stringify(start)], {
      serialization: 'advanced',
      execArgv: [...execArgv],
    });
    this.ended = once(this.#process, 'exit');
    let joined = (): void => {};
    this.joined = new Promise((resolve, reject) => {
      const late = setTimeout(
        () => reject(new Error(`${this.id} has not joined in ${patience} ms`)),
        patience,
      );
      joined = () => {
        clearTimeout(late);
        resolve(undefined);
      };
      void this.ended.then(() => {
        clearTimeout(late);
        reject(new Error(`${this.id} ended before it had joined`));
      });
    });
    this.joined.catch(() => {});
    this.#process.on('message', (message: object) => {
      if ('joined' in message) joined();
      else if ('answer' in message) this.#settle((message as Answer).answer, message as Answer);
      else heard(message);
    });
    void this.ended.then(() => {
      for (const call of [...this.#waiting.keys()]) this.#settle(call, { failure: 'the process has ended' });
    });
  }

  get running(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  async do<K extends keyof C & string>(command: K, ...args: Args<C[K]>): Promise<Result<C[K]>> {
    this.#calls += 1;
    const call = this.#calls;
    const answer = new Promise<{ value?: unknown; failure?: string }>((resolve) => {
      const late = setTimeout(
        () => this.#settle(call, { failure: `no answer within ${patience} ms` }),
        patience,
      );
      this.#waiting.set(call, (settled) => {
        clearTimeout(late);
        resolve(settled);
      });
    });
    const request: Request = { call, command, args };
    this.#process.send(request, (error) => {
      if (error !== null) this.#settle(call, { failure: error.message });
    });
    const { value, failure } = await answer;
    if (failure !== undefined) throw new Error(`${this.id}, ${command}: ${failure}`);
    return value as Result<C[K]>;
  }

  /** Resolves when the process has ended, as it was told to; rejects if that takes too long. */
  async gone(): Promise<void> {
    let late: NodeJS.Timeout | undefined;
    const tooLate = new Promise((_, reject) => {
      late = setTimeout(() => reject(new Error(`${this.id} has not ended in ${patience} ms`)), patience);
    });
    await Promise.race([this.ended, tooLate]);
    clearTimeout(late);
  }

  signal(name: 'SIGSTOP' | 'SIGCONT' | 'SIGKILL'): void {
    this.#process.kill(name);
  }

  #settle(call: number, answer: { value?: unknown; failure?: string }): void {
    this.#waiting.get(call)?.(answer);
    this.#waiting.delete(call);
  }
}
