import { inspect } from 'node:util';
import { toJson } from './json.ts';

/** Where text goes: a stream of the process. */
export interface Sink {
  write(text: string): unknown;
}

export interface OutputOptions {
  readonly out: Sink;
  readonly err: Sink;
  /** Whether results are JSON, an object a line. */
  readonly json: boolean;
  /** Whether the output is a terminal, that can be drawn on. */
  readonly terminal: boolean;
  /** How wide standard error is, where it is one, for progress to be drawn on. */
  readonly watched: number | undefined;
  /** How wide it is. */
  readonly columns: number;
  readonly colors: boolean;
}

/** One column of a table. */
export interface Column {
  readonly title: string;
  readonly right?: true;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are meant.
const controls = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

const [bold, dim, plain] = ['\u001b[1m', '\u001b[2m', '\u001b[0m'];

/** What a command says: results go to standard output, everything else to standard error. */
export class Output {
  readonly json: boolean;
  readonly terminal: boolean;
  readonly columns: number;
  readonly #options: OutputOptions;

  constructor(options: OutputOptions) {
    this.#options = options;
    this.json = options.json;
    this.terminal = options.terminal;
    this.columns = options.columns;
  }

  /** A result: the record as JSON, or what `text` makes of it. */
  result(record: unknown, text: () => string | readonly string[]): void {
    if (this.json) this.#line(JSON.stringify(toJson(record)));
    else for (const line of [text()].flat()) this.#line(line);
  }

  /** Something to be known that is no result. */
  note(text: string): void {
    if (!this.json) this.#options.err.write(`${text}\n`);
  }

  /** Draws over what was drawn before, on a terminal; elsewhere it comes below. */
  draw(lines: readonly string[]): void {
    const text = lines.map((line) => `${line}\n`).join('');
    this.#options.out.write(this.terminal ? `\u001b[H\u001b[2J${text}` : `${text}\n`);
  }

  /** How far something has come, where somebody watches: one line, over the last one. */
  progress(text: string): void {
    const { watched, err } = this.#options;
    if (watched !== undefined && !this.json) err.write(`\r\u001b[2K${cut(text, watched)}`);
  }

  /** What was drawn of the progress is gone. */
  endProgress(): void {
    if (this.#options.watched !== undefined && !this.json) this.#options.err.write('\r\u001b[2K');
  }

  /** A value as people read it. */
  value(value: unknown): string {
    // Whoever has written a string must not write to the user's terminal; a file gets it as it is.
    if (typeof value === 'string') return this.terminal ? value.replaceAll(controls, '\ufffd') : value;
    return inspect(value, { depth: null, colors: this.#options.colors, breakLength: this.columns });
  }

  /** A table that is no wider than the output: what is too long is cut. */
  table(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
    const widths = columns.map(({ title }, n) =>
      Math.max(title.length, ...rows.map((row) => row[n]!.length)),
    );
    const gaps = 2 * (columns.length - 1);
    for (;;) {
      const excess = widths.reduce((sum, width) => sum + width, gaps) - this.columns;
      const widest = widths.indexOf(Math.max(...widths));
      if (excess <= 0 || widths[widest]! <= 8) break;
      widths[widest] = Math.max(8, widths[widest]! - excess);
    }
    const line = (cells: readonly string[]): string =>
      cells
        .map((cell, n) => {
          const text = cell.length > widths[n]! ? `${cell.slice(0, widths[n]! - 1)}…` : cell;
          return columns[n]!.right ? text.padStart(widths[n]!) : text.padEnd(widths[n]!);
        })
        .join('  ')
        .trimEnd();
    return [this.strong(line(columns.map(({ title }) => title))), ...rows.map(line)];
  }

  /** A line that is no longer than the output is wide. */
  cut(text: string): string {
    return cut(text, this.columns);
  }

  strong(text: string): string {
    return this.#options.colors ? `${bold}${text}${plain}` : text;
  }

  weak(text: string): string {
    return this.#options.colors ? `${dim}${text}${plain}` : text;
  }

  /** How the program failed, and what to do. */
  failure({ code, message, hint }: { code: string; message: string; hint: string | undefined }): void {
    const { err } = this.#options;
    if (this.json) err.write(`${JSON.stringify({ error: { code, message, hint } })}\n`);
    else {
      err.write(`${this.strong('error')}: ${message}${code === 'USAGE' ? '' : ` (${code})`}\n`);
      if (hint !== undefined) err.write(`${hint}\n`);
    }
  }

  #line(text: string): void {
    this.#options.out.write(`${text}\n`);
  }
}

function cut(text: string, columns: number): string {
  return text.length <= columns ? text : `${text.slice(0, columns - 1)}…`;
}
