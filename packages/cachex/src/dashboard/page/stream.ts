import type { Act, Frame } from '../frame.ts';

/** How it stands with the connection. `locked`: a token is needed. */
export type Connection = 'connecting' | 'live' | 'lost' | 'full' | 'locked';

export interface StreamOptions {
  token(): string | undefined;
  /** The first of a connection begins everything anew: what was told before may have been of another process. */
  frame(frame: Frame, first: boolean): void;
  connection(state: Connection): void;
}

/** In ms: from the first attempt to later ones, and how long silence may last. */
const firstPause = 500;
const longestPause = 5_000;
const silence = 10_000;

/** Follows the events of the server for ever, by `fetch`, which can send a token where `EventSource` cannot. */
export class Stream {
  readonly #options: StreamOptions;
  #pause = firstPause;
  #wake: (() => void) | undefined;

  constructor(options: StreamOptions) {
    this.#options = options;
  }

  /** Never ends. */
  async follow(): Promise<void> {
    for (;;) {
      const state = await this.#once().catch((): Connection => 'lost');
      this.#options.connection(state);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        if (state !== 'locked') setTimeout(resolve, this.#pause);
      });
      this.#pause = Math.min(longestPause, this.#pause * 2);
    }
  }

  /** Tries again now. */
  retry(): void {
    this.#pause = firstPause;
    this.#wake?.();
  }

  async #once(): Promise<Connection> {
    const abort = new AbortController();
    let timer = setTimeout(() => abort.abort(), silence);
    try {
      const response = await fetch('events', {
        headers: bearing(this.#options.token()),
        signal: abort.signal,
      });
      if (response.status === 401) return 'locked';
      if (response.status === 503) return 'full';
      if (!response.ok || response.body === null) return 'lost';
      let rest = '';
      let first = true;
      for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
        clearTimeout(timer);
        timer = setTimeout(() => abort.abort(), silence);
        const events = (rest + text).split('\n\n');
        rest = events.pop()!;
        for (const event of events) {
          this.#options.frame(JSON.parse(event.slice('data: '.length)) as Frame, first);
          first = false;
        }
        this.#pause = firstPause;
        this.#options.connection('live');
      }
      return 'lost';
    } finally {
      clearTimeout(timer);
      abort.abort();
    }
  }
}

function bearing(token: string | undefined): Record<string, string> {
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}

/** Asks for something to be done; answers what came of it, in words, or throws them. */
export async function act(wish: Act, token: string | undefined): Promise<string> {
  const response = await fetch('act', {
    method: 'POST',
    headers: { ...bearing(token), 'content-type': 'application/json' },
    body: JSON.stringify(wish),
  });
  const { done, error } = (await response.json()) as { done?: string; error?: string };
  if (done !== undefined) return done;
  throw new Error(error ?? `it was answered with ${response.status}`);
}
