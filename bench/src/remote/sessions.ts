import type { Request, Setting } from './caller.ts';
import { Unavailable } from './client.ts';
import { type RemoteRun, sessionOf } from './comparisons.ts';
import type { Figures } from './figures.ts';
import type { Places } from './places.ts';
import { Session } from './session.ts';

/** How much there is, and how much of a run is measured. */
export type Extent = Omit<Request, 'load'> & Pick<Setting, 'entries'>;

/** So many start at a time. */
const together = 2;

/** The caller processes of a suite, one for each candidate, started once and idle while others are measured. */
export class Sessions {
  readonly #open = new Map<string, Session>();
  readonly #extent: Extent;
  #closed = false;

  constructor(extent: Extent) {
    this.#extent = extent;
  }

  /** Starts those that runs need; tells about those that cannot be measured here. */
  async start(runs: readonly RemoteRun[], places: Places, progress: (text: string) => void): Promise<void> {
    const { entries } = this.#extent;
    const sizes = [...new Set(runs.map(({ load }) => load.bytes))];
    const left = [...new Map(runs.map((run) => [sessionOf(run), run])).entries()];
    const startNext = async (): Promise<void> => {
      for (let next = left.shift(); next !== undefined && !this.#closed; next = left.shift()) {
        const [name, { candidate, node }] = next;
        try {
          const session = await Session.open(candidate, { places, entries, sizes }, node?.executable);
          if (this.#closed) return await session.close();
          this.#open.set(name, session);
        } catch (error) {
          if (!(error instanceof Unavailable)) throw error;
          progress(`${name}: not measured here: ${error.message}`);
        }
      }
    };
    await Promise.all(Array.from({ length: together }, startNext));
  }

  has(run: RemoteRun): boolean {
    return this.#open.has(sessionOf(run));
  }

  measure(run: RemoteRun): Promise<Figures> {
    const { firstWarmUp, warmUp, timed } = this.#extent;
    return this.#open.get(sessionOf(run))!.measure({ load: run.load, firstWarmUp, warmUp, timed });
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#open.values()].map((session) => session.close()));
  }
}
