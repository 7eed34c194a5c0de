import { LinkError } from './in-flight.ts';
import type { Peer } from './peer.ts';

/** What one node asks another, apart from the calls of users. */
export interface Question {
  readonly service: string;
  readonly handler: string;
  readonly args: readonly unknown[];
  /** How long the answer may take, in ms. */
  readonly budget: number;
}

/** Asks over a link of one's own; rejects with what the other node throws, or a {@link LinkError}. */
export class Inquiry {
  #calls = 0;

  async ask(peer: Peer, { service, handler, args, budget }: Question): Promise<unknown> {
    this.#calls += 1;
    const reply = await peer.call({
      id: this.#calls,
      budget,
      target: { kind: 'node' },
      repeatable: true,
      service,
      handler,
      args,
    });
    if (reply.kind === 'result') return reply.value;
    if (reply.kind === 'thrown') throw reply.error;
    throw new LinkError('down', true, reply.kind === 'refused' ? reply.message : 'asked the wrong node');
  }
}
