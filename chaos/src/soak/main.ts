// Keeps full caches under churn and fails if anything grows in their processes: `npm run soak -- --minutes 30`.
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { sum } from '../overload/judge.ts';
import { count, mebibytes, type Row, record } from '../record.ts';
import { type Panel, plot } from './plot.ts';
import { type Findings, run } from './run.ts';
import { figures, type Sample } from './sample.ts';

const usage =
  'npm run soak -- [--minutes 30] [--seed 1] [--size 20000] [--record <file>.json] [--json] [--quiet]';

function read() {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '30' },
      seed: { type: 'string', default: '1' },
      size: { type: 'string', default: '20000' },
      record: { type: 'string' },
      json: { type: 'boolean', default: false },
      quiet: { type: 'boolean', default: false },
    },
  });
  const [minutes, seed, size] = (['minutes', 'seed', 'size'] as const).map((name) => {
    const value = Number(values[name]);
    if (value > 0 && Number.isFinite(value)) return value;
    throw new Error(`--${name}: ${values[name]} is not a number above zero\n\n${usage}`);
  }) as [number, number, number];
  if (values.record !== undefined && !values.record.endsWith('.json'))
    throw new Error(`--record: ${values.record} does not end in .json; the plot goes beside it\n\n${usage}`);
  return { ...values, minutes, seed, size };
}

const names = Object.keys(figures) as (keyof Sample)[];

function written(figure: keyof Sample, value: number): string {
  return figures[figure].bytes ? mebibytes(value) : count(Math.round(value));
}

function rows(found: Findings): Row[] {
  const { seconds, done, joins, leaves, trends, violations } = found;
  const total = (of: Exclude<keyof Done, 'codes'>): string =>
    count(done.reduce((all, each) => all + each[of], 0));
  type Done = Findings['done'][number];
  const failed = sum(done.map(({ codes }) => codes));
  return [
    ['lasted', `${count(seconds)} s`],
    ['entries that a node may own', count(found.size)],
    ['keys', count(found.keys)],
    ['joins and leaves', `${count(joins)} and ${count(leaves)}`],
    ['operations', total('operations')],
    ['operations that failed', count(Object.values(failed).reduce((all, times) => all + times, 0))],
    ...Object.entries(failed).map(([code, times]): Row => [`failed with ${code}`, count(times)]),
    ['evictions', total('evictions')],
    ['expirations', total('expirations')],
    ['dumps', total('dumps')],
    ...names.flatMap((figure): Row[] => {
      const [worst] = trends
        .filter((each) => each.figure === figure)
        .toSorted((one, other) => other.trend.rise - one.trend.rise);
      if (worst === undefined) return [];
      const { mean, rise, allowed } = worst.trend;
      return [
        [`${figures[figure].title}: mean`, written(figure, mean)],
        [
          `${figures[figure].title}: rise, of what is noise`,
          `${written(figure, rise)} of ${written(figure, allowed)}`,
        ],
      ];
    }),
    ['violations', count(violations.length)],
  ];
}

function panels({ samples }: Findings): Panel[] {
  return names.map((figure) => ({
    title: figures[figure].title,
    label: (value) => written(figure, value),
    series: [...samples].map(([name, sampled]) => ({
      name,
      points: sampled.map(({ at, sample }) => ({ at, value: sample[figure] })),
    })),
  }));
}

try {
  const { minutes, seed, size, json, quiet, record: file } = read();
  const found = await run({ minutes, seed, size, log: (line) => quiet || console.error(line) });
  const { violations } = found;
  const told = rows(found);
  if (json) console.log(JSON.stringify({ rows: told, violations, node: process.version }));
  else for (const [label, value] of told) console.log(`${label.padEnd(60)} ${value}`);
  if (!json) for (const violation of violations) console.log(`VIOLATION ${violation}`);
  if (file !== undefined && violations.length === 0) {
    const title = 'Full caches under churn';
    const command = `npm run soak -- --minutes ${minutes} --seed ${seed} --size ${size}`;
    await record(file, { title, command, rows: told });
    await writeFile(file.replace(/json$/, 'svg'), plot(title, panels(found)));
  }
  process.exitCode = violations.length > 0 ? 1 : 0;
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 2;
}
