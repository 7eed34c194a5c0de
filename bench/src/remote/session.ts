import type { ChildProcess } from 'node:child_process';
import type { Answer, Request, Setting } from './caller.ts';
import { Unavailable } from './client.ts';
import type { Figures } from './figures.ts';
import { endHelper, nextMessage, startHelper } from './helper.ts';

const caller = new URL('./caller.js', import.meta.url);

/** A caller process with its one candidate, idle between what it is asked to measure. */
export class Session {
  readonly #name: string;
  readonly #process: ChildProcess;

  private constructor(name: string, process: ChildProcess) {
    this.#name = name;
    this.#process = process;
  }

  /** Resolves once it is filled. Rejects with {@link Unavailable} where the candidate cannot be measured here. */
  static async open(candidate: string, setting: Setting, node?: string): Promise<Session> {
    const started = startHelper(caller, [candidate, JSON.stringify(setting)], node);
    const answer = await nextMessage<Answer>(started);
    if (answer.kind === 'ready') return new Session(candidate, started);
    await endHelper(started);
    throw answer.kind === 'unavailable' ? new Unavailable(answer.message) : failure(candidate, answer);
  }

  async measure(request: Request): Promise<Figures> {
    const answered = nextMessage<Answer>(this.#process);
    this.#process.send(request);
    const answer = await answered;
    if (answer.kind === 'figures') return answer.figures;
    throw failure(`${this.#name}, ${JSON.stringify(request.load)}`, answer);
  }

  close(): Promise<void> {
    return endHelper(this.#process);
  }
}

function failure(what: string, answer: Answer): Error {
  return new Error(`${what}: ${'message' in answer ? answer.message : answer.kind}`);
}
