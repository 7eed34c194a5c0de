import type { Output } from './output.ts';

const width = 24;

/** Draws how far something has come: `[######------]  50%  1,234 entries`. */
export class Bar {
  readonly #output: Output;
  readonly #total: number;
  #last = -1;

  /** `total` is what it comes to; 0 if that is not known. */
  constructor(output: Output, total: number) {
    this.#output = output;
    this.#total = total;
  }

  /** A bar is drawn anew when it would look different, or at `always`. */
  show(done: number, text: string): void {
    const share = this.#total === 0 ? 0 : Math.min(1, done / this.#total);
    const percent = Math.floor(share * 100);
    if (percent === this.#last && this.#total > 0) return;
    this.#last = percent;
    const full = Math.round(share * width);
    const bar = `[${'#'.repeat(full)}${'-'.repeat(width - full)}]`;
    this.#output.progress(this.#total === 0 ? text : `${bar} ${`${percent}`.padStart(3)}%  ${text}`);
  }

  end(): void {
    this.#output.endProgress();
  }
}
