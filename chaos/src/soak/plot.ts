/** A line of a panel. */
export interface Series {
  readonly name: string;
  readonly points: readonly { readonly at: number; readonly value: number }[];
}

export interface Panel {
  readonly title: string;
  readonly series: readonly Series[];
  /** How a value is written. */
  label(value: number): string;
}

const width = 760;
const height = 110;
const gap = 40;
const margin = { left: 90, right: 20, top: 34, bottom: 30 };
const colours = ['#0b6e99', '#c2571a', '#4f7f1f', '#7a4fa3', '#a33b5c'];

/** Panels below each other, from zero up, with minutes from left to right: an SVG. */
export function plot(title: string, panels: readonly Panel[]): string {
  const last = Math.max(
    ...panels.flatMap(({ series }) => series.flatMap((each) => each.points.map(({ at }) => at))),
  );
  const across = (at: number): number => margin.left + (at / last) * (width - margin.left - margin.right);
  const total = margin.top + panels.length * (height + gap) + margin.bottom - gap + 18;
  const minutes = Array.from({ length: Math.floor(last / 60) + 1 }, (_, minute) => minute);
  const every = Math.ceil(minutes.length / 12);
  const bottom = margin.top + panels.length * (height + gap) - gap + 18;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${total}" font-family="sans-serif" font-size="12" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${width}" height="${total}" fill="#fff"/>`,
    ...panels.flatMap((panel, n) => drawn(panel, margin.top + n * (height + gap), across)),
    ...minutes
      .filter((minute) => minute % every === 0)
      .map((minute) => text(across(minute * 60), bottom, `${minute} min`, 'middle')),
    ...(panels[0]?.series ?? []).map(
      ({ name }, n) =>
        `<text x="${margin.left + n * 60}" y="14" fill="${colours[n % colours.length]}">${escaped(name)}</text>`,
    ),
    '</svg>',
    '',
  ].join('\n');
}

function drawn({ title, series, label }: Panel, top: number, across: (at: number) => number): string[] {
  const most = Math.max(1, ...series.flatMap(({ points }) => points.map(({ value }) => value)));
  const up = (value: number): number => top + height - (value / most) * height;
  const [left, right] = [margin.left, width - margin.right];
  return [
    text(left, top - 6, title, 'start'),
    ...[0, most].flatMap((value) => [
      `<path d="M${left} ${fixed(up(value))}H${right}" stroke="#ddd"/>`,
      text(left - 8, up(value) + 4, label(value), 'end'),
    ]),
    ...series.map(({ points }, n) => {
      const line = points.map(({ at, value }) => `${fixed(across(at))},${fixed(up(value))}`).join(' ');
      return `<polyline fill="none" stroke="${colours[n % colours.length]}" stroke-width="1.5" points="${line}"/>`;
    }),
  ];
}

function text(x: number, y: number, words: string, anchor: 'start' | 'middle' | 'end'): string {
  return `<text x="${fixed(x)}" y="${fixed(y)}" text-anchor="${anchor}" fill="#444">${escaped(words)}</text>`;
}

function fixed(value: number): string {
  return String(Number(value.toFixed(1)));
}

function escaped(words: string): string {
  return words.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
