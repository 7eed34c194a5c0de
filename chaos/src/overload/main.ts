// Asks real processes for more than they can do, and judges how they bear it: `npm run overload`.
import { parseArgs } from 'node:util';
import { count, mebibytes, milliseconds, type Row, record } from '../record.ts';
import { percentile } from '../report.ts';
import { type Observed, sum, throughput } from './judge.ts';
import type { Probes } from './probing.ts';
import { type Findings, run } from './run.ts';

const usage = 'npm run overload -- [--seconds 8] [--record <file>] [--json] [--quiet]';

function read() {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '8' },
      record: { type: 'string' },
      json: { type: 'boolean', default: false },
      quiet: { type: 'boolean', default: false },
    },
  });
  const seconds = Number(values.seconds);
  if (!(seconds >= 1 && Number.isFinite(seconds)))
    throw new Error(`--seconds: ${values.seconds} is not a number from 1 on\n\n${usage}`);
  return { ...values, seconds };
}

function rows({ observed, bounds, violations }: Findings): Row[] {
  return [...observed.flatMap((each) => rowsOf(each, bounds.room)), ['violations', count(violations.length)]];
}

function rowsOf({ name, pressed, others, owner, growth }: Observed, room: number): Row[] {
  const total = (of: 'asked' | 'answered'): number => pressed.reduce((all, each) => all + each[of], 0);
  const codes = Object.entries(sum(pressed.map((each) => each.codes)));
  const labelled: Row[] = [
    ['calls', count(total('asked'))],
    ['answered', count(total('answered'))],
    ...codes.map(([code, times]): Row => [code, count(times)]),
    [
      'longest wait for an answer or an error',
      milliseconds(Math.max(...pressed.map(({ longest }) => longest))),
    ],
    ['growth of the process that grew most', `${mebibytes(growth)} of ${mebibytes(room)}`],
    ["other owners' keys before: median, 99 of 100", latency(others.before)],
    ["other owners' keys meanwhile: median, 99 of 100", latency(others.meanwhile)],
    ['its own keys before: median, 99 of 100', latency(owner.before)],
    ['its own keys a second after: median, 99 of 100', latency(owner.after)],
    [
      'one after another, in a second: before, after',
      `${count(throughput(owner.before))}, ${count(throughput(owner.after))}`,
    ],
  ];
  return labelled.map(([label, value]) => [`${name}: ${label}`, value]);
}

function latency({ latencies }: Probes): string {
  return `${milliseconds(percentile(latencies, 0.5))}, ${milliseconds(percentile(latencies, 0.99))}`;
}

try {
  const { seconds, json, quiet, record: file } = read();
  const found = await run({ seconds, log: (line) => quiet || console.error(line) });
  const { violations } = found;
  const figures = rows(found);
  if (json) console.log(JSON.stringify({ rows: figures, violations, node: process.version }));
  else for (const [label, value] of figures) console.log(`${label.padEnd(90)} ${value}`);
  if (!json) for (const violation of violations) console.log(`VIOLATION ${violation}`);
  if (file !== undefined && violations.length === 0) {
    const command = `npm run overload -- --seconds ${seconds}`;
    await record(file, { title: 'More than can be done', command, rows: figures });
  }
  process.exitCode = violations.length > 0 ? 1 : 0;
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 2;
}
