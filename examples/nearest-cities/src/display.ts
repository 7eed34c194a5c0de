import type { Frame } from './run-record.ts';
import { renderLine, renderTable } from './table.ts';

/** Shows the run while it lasts. */
export interface Display {
  /** How often it wants a frame. */
  readonly everyMs: number;
  /** `story` is what is going on, in a line. */
  show(frame: Frame, story: string): void;
  /** Something has happened just now; `news` is a sentence. */
  tell(news: string): void;
  /** Leaves the screen in order, and on it the frame of the whole run. */
  finish(whole: Frame): void;
}

/** The part of `process.stdout` that a display needs. */
export interface Screen {
  readonly columns?: number;
  write(text: string): unknown;
}

const HIDE_CURSOR = '\x1b[?25l';
const SHOW_CURSOR = '\x1b[?25h';
const CLEAR_BELOW = '\x1b[J';

/** A table that is drawn over itself. */
export class LiveTable implements Display {
  readonly everyMs = 500;
  readonly #screen: Screen;
  readonly #note: (seconds: number) => string;
  #height = 0;

  /** `note` says how far the run is. */
  constructor(screen: Screen, note: (seconds: number) => string) {
    this.#screen = screen;
    this.#note = note;
  }

  show(frame: Frame, story: string): void {
    this.#draw(frame, [story, this.#note(frame.seconds)], HIDE_CURSOR);
  }

  /** The line below the table tells it. */
  tell(): void {}

  finish(whole: Frame): void {
    this.#draw(whole, ['the whole run'], SHOW_CURSOR);
  }

  #draw(frame: Frame, notes: readonly string[], cursor: string): void {
    const lines = ['', ...renderTable(frame), '', ...notes];
    // A line that wraps would be two, and the next frame would be drawn too low.
    const width = (this.#screen.columns ?? Number.POSITIVE_INFINITY) - 1;
    const back = this.#height === 0 ? '' : `\x1b[${this.#height}A${CLEAR_BELOW}`;
    this.#screen.write(`${cursor}${back}${lines.map((line) => `${line.slice(0, width)}\n`).join('')}`);
    this.#height = lines.length;
  }
}

/** A line a second, for logs and pipes. */
export class PlainLines implements Display {
  readonly everyMs = 1_000;
  readonly #screen: Screen;

  constructor(screen: Screen) {
    this.#screen = screen;
  }

  show(frame: Frame): void {
    this.#screen.write(`${renderLine(frame)}\n`);
  }

  tell(news: string): void {
    this.#screen.write(`${news}\n`);
  }

  finish(): void {}
}

/** Nothing at all: only the result is wanted. */
export class NoDisplay implements Display {
  readonly everyMs = 1_000;

  show(): void {}

  tell(): void {}

  finish(): void {}
}
