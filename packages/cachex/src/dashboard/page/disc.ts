import { type Rgb, rgbOf } from './palette.ts';

/** What is to be drawn, by partition. */
export interface DiscShow {
  readonly colours: readonly string[];
  /** Those that stand back. */
  readonly faint: readonly boolean[];
  readonly hot: readonly number[];
  /** The one that is looked at. */
  readonly at: number | undefined;
  readonly ink: string;
}

/** In ms: how long a partition takes to change its colour. */
const fading = 900;
/** So many partitions lie around one ring; there are as many rings as that takes, up to so many. */
const around = 256;
const mostRings = 16;
/** The radius of the hole, of that of the disc. */
const hole = 0.5;
const faintness = 0.16;

interface Cell {
  from: Rgb;
  to: Rgb;
  since: number;
}

/**
 * Draws partitions as cells of some rings, one inside the other, in order around the disc: neighbours by number lie on one
 * spoke or on the next, so that what moves together is a sector.
 */
export class Disc {
  readonly #canvas: HTMLCanvasElement;
  readonly #resized: ResizeObserver;
  readonly #still = matchMedia('(prefers-reduced-motion: reduce)');
  readonly #cells: Cell[] = [];
  #show: DiscShow | undefined;
  #frame = 0;

  constructor(canvas: HTMLCanvasElement) {
    this.#canvas = canvas;
    this.#resized = new ResizeObserver(() => this.#draw());
    this.#resized.observe(canvas);
  }

  show(show: DiscShow): void {
    const now = performance.now();
    const anew = this.#cells.length !== show.colours.length;
    if (anew) this.#cells.length = 0;
    show.colours.forEach((colour, partition) => {
      const to = rgbOf(colour);
      const cell = this.#cells[partition];
      if (cell === undefined) this.#cells.push({ from: to, to, since: 0 });
      else if (cell.to.join() !== to.join()) {
        cell.from = this.#still.matches ? to : blended(cell, now);
        cell.to = to;
        cell.since = now;
      }
    });
    this.#show = show;
    this.#draw();
  }

  close(): void {
    this.#resized.disconnect();
    cancelAnimationFrame(this.#frame);
  }

  /** The partition that is drawn where a pointer is. */
  partitionAt(event: { readonly clientX: number; readonly clientY: number }): number | undefined {
    const { left, top, width } = this.#canvas.getBoundingClientRect();
    const x = event.clientX - left - width / 2;
    const y = event.clientY - top - width / 2;
    const { rings, spokes, inner, outer } = this.#shape(width);
    const ring = Math.floor(((Math.hypot(x, y) - inner) / (outer - inner)) * rings);
    if (ring < 0 || ring >= rings) return undefined;
    const turn = (Math.atan2(x, -y) / (2 * Math.PI) + 1) % 1;
    return Math.floor(turn * spokes) * rings + (rings - 1 - ring);
  }

  #shape(size: number): { rings: number; spokes: number; inner: number; outer: number } {
    const partitions = Math.max(1, this.#cells.length);
    const rings = Math.min(mostRings, Math.max(1, Math.floor(partitions / around)));
    const outer = size / 2 - 2;
    const inner = outer * (rings === 1 ? 0.78 : hole);
    return { rings, spokes: partitions / rings, inner, outer };
  }

  /** As soon as the browser draws. */
  #draw(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame((now) => {
      if (this.#paint(now)) this.#draw();
    });
  }

  /** Answers whether something is still changing. */
  #paint(now: number): boolean {
    const show = this.#show;
    const { clientWidth: size } = this.#canvas;
    const context = this.#canvas.getContext('2d');
    if (show === undefined || context === null || size === 0) return false;
    const scale = devicePixelRatio;
    const pixels = Math.round(size * scale);
    if (this.#canvas.width !== pixels) {
      this.#canvas.width = pixels;
      this.#canvas.height = pixels;
    }
    context.setTransform(scale, 0, 0, scale, (size / 2) * scale, (size / 2) * scale);
    context.clearRect(-size / 2, -size / 2, size, size);
    const { rings, spokes, inner, outer } = this.#shape(size);
    const depth = (outer - inner) / rings;
    const gap = depth > 4 ? 0.7 : 0;
    let changing = false;
    const cell = (partition: number, inset: number): void => {
      const spoke = Math.floor(partition / rings);
      const ring = rings - 1 - (partition % rings);
      const from = inner + ring * depth + inset;
      const to = inner + (ring + 1) * depth - inset;
      const begin = (spoke / spokes) * 2 * Math.PI - Math.PI / 2;
      const end = ((spoke + 1) / spokes) * 2 * Math.PI - Math.PI / 2;
      context.beginPath();
      context.arc(0, 0, to, begin + inset / to, end - inset / to);
      context.arc(0, 0, from, end - inset / from, begin + inset / from, true);
      context.closePath();
    };
    this.#cells.forEach((each, partition) => {
      if (now - each.since < fading) changing = true;
      context.globalAlpha = show.faint[partition] === true ? faintness : 1;
      context.fillStyle = `rgb(${blended(each, now).join(' ')})`;
      cell(partition, gap / 2);
      context.fill();
    });
    context.globalAlpha = 1;
    context.strokeStyle = show.ink;
    context.lineWidth = 1.4;
    for (const partition of show.hot) {
      cell(partition, -1);
      context.stroke();
    }
    if (show.at !== undefined) {
      context.lineWidth = 2.5;
      cell(show.at, -2);
      context.stroke();
    }
    return changing;
  }
}

/** Its colour at that time. */
function blended({ from, to, since }: Cell, now: number): Rgb {
  const done = Math.min(1, Math.max(0, (now - since) / fading));
  const eased = done * done * (3 - 2 * done);
  const mix = (channel: 0 | 1 | 2): number =>
    Math.round(from[channel] + (to[channel] - from[channel]) * eased);
  return [mix(0), mix(1), mix(2)];
}
