import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import type { Frame, PointFrame } from '../frame.ts';
import type { NodeLook } from './app.tsx';
import { bytes, clockTime, milliseconds, percent, rate } from './words.ts';

type Measure = 'calls' | 'hitRate' | 'latency' | 'rss' | 'evictions' | 'delay';

interface Kind {
  readonly measure: Measure;
  readonly title: string;
  show(value: number | null): string;
  /** The same beside the axis, where round values stand. */
  axis(value: number): string;
  /** The axis goes to this at least. */
  readonly least: number;
  /** The range of the axis, where it does not follow from the values. */
  readonly range?: [number, number];
}

const kinds: readonly Kind[] = [
  { measure: 'calls', title: 'Operations a second', show: rate, axis: rate, least: 10 },
  {
    ...{ measure: 'hitRate', title: 'Hit rate', show: percent, least: 1, range: [0, 1] },
    axis: (value) => `${Math.round(value * 100)} %`,
  },
  { measure: 'latency', title: 'Latency p99', show: milliseconds, axis: shortMs, least: 0.1 },
  { measure: 'rss', title: 'Memory', show: bytes, axis: bytes, least: 50e6 },
  { measure: 'evictions', title: 'Evictions a second', show: rate, axis: rate, least: 10 },
  { measure: 'delay', title: 'Event-loop delay p99', show: milliseconds, axis: shortMs, least: 1 },
];

function shortMs(value: number): string {
  return value >= 1_000 ? `${value / 1_000} s` : `${Number(value.toPrecision(3))} ms`;
}

export function Charts({
  points,
  frame,
  look,
  isDark,
  chosen,
}: {
  points: readonly PointFrame[];
  frame: Frame;
  look: NodeLook;
  isDark: boolean;
  chosen: string | undefined;
}) {
  const ids = frame.nodes.map(({ id }) => id);
  return (
    <section class="charts" aria-label="Charts">
      {kinds.map((kind) => (
        <Chart
          key={kind.measure}
          kind={kind}
          ids={ids}
          points={points}
          look={look}
          isDark={isDark}
          chosen={chosen}
        />
      ))}
    </section>
  );
}

const height = 132;
/** What is shown at least, in s: a chart that has just begun does not stretch a second over its width. */
const shortest = 60;

function Chart({
  kind,
  ids,
  points,
  look,
  isDark,
  chosen,
}: {
  kind: Kind;
  ids: readonly string[];
  points: readonly PointFrame[];
  look: NodeLook;
  isDark: boolean;
  chosen: string | undefined;
}) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const who = ids.join('\n');
  const colours = ids.map((id) => look.colour(id)).join();
  useEffect(() => {
    const element = place.current!;
    const faint = isDark ? '#2b2f35' : '#eae7e0';
    const muted = isDark ? '#99a0a9' : '#646a72';
    const axis = {
      stroke: muted,
      font: `11px ${getComputedStyle(document.body).fontFamily}`,
      ticks: { show: false },
      grid: { stroke: faint, width: 1 },
    };
    const drawn = new uPlot(
      {
        width: element.clientWidth,
        height,
        padding: [8, 4, 0, 0],
        legend: { show: false },
        cursor: { show: false },
        scales: {
          x: { range: (_plot, from, to) => [Math.min(from, to - shortest), to] },
          y: {
            range: (_plot, _least, most) => kind.range ?? [0, Math.max(kind.least, most * 1.15)],
          },
        },
        axes: [
          {
            ...axis,
            ...{ grid: { show: false }, size: 22, space: 84 },
            values: (plot, splits) =>
              splits.map((split) => (fits(plot, split) ? clockTime(split * 1_000) : null)),
          },
          {
            ...axis,
            size: 52,
            space: 36,
            values: (_plot, splits) => splits.map((split) => (split === 0 ? '0' : kind.axis(split))),
          },
        ],
        series: [
          {},
          ...ids.map((id) => ({
            label: id,
            stroke: look.colour(id),
            width: chosen === id ? 2.5 : 1.5,
            alpha: look.stands(id) ? 1 : 0.18,
            points: { show: false },
          })),
        ],
      },
      dataOf(kind.measure, ids, points),
      element,
    );
    plot.current = drawn;
    const resized = new ResizeObserver(() => drawn.setSize({ width: element.clientWidth, height }));
    resized.observe(element);
    return () => {
      resized.disconnect();
      drawn.destroy();
      plot.current = undefined;
    };
  }, [who, colours, isDark, chosen]);
  useEffect(() => plot.current?.setData(dataOf(kind.measure, ids, points)), [points]);
  const last = points.at(-1);
  const said = ids.map((id) => {
    const value = last?.[kind.measure][last.ids.indexOf(id)] ?? null;
    return `${id} ${kind.show(value)}`;
  });
  return (
    <figure>
      <figcaption>{kind.title}</figcaption>
      <div class="plot" ref={place} role="img" aria-label={`${kind.title}: ${said.join(', ')}`} />
    </figure>
  );
}

/** Whether a time is far enough from the right edge for its text not to be cut off there. */
function fits({ scales }: uPlot, split: number): boolean {
  const { min = 0, max = 0 } = scales.x ?? {};
  return split < max - (max - min) * 0.08;
}

function dataOf(measure: Measure, ids: readonly string[], points: readonly PointFrame[]): uPlot.AlignedData {
  const lines = ids.map((id) =>
    points.map((point) => {
      const at = point.ids.indexOf(id);
      return at < 0 ? null : (point[measure][at] ?? null);
    }),
  );
  return [points.map(({ at }) => at / 1_000), ...lines];
}
