// Lets things go wrong with real processes under load and judges every answer: `npm run chaos -- --minutes 3 --seed 7`.
import { parseArgs } from 'node:util';
import { record } from './record.ts';
import { percentile, report, rows } from './report.ts';
import { run } from './run.ts';

const usage =
  'npm run chaos -- [--minutes 3] [--seed 1] [--processes 4] [--clients 6] [--store directory] [--record <file>] [--json] [--quiet]';

function positive(name: string, text: string): number {
  const value = Number(text);
  if (value > 0 && Number.isFinite(value)) return value;
  throw new Error(`--${name}: ${text} is not a number above zero\n\n${usage}`);
}

function read(): {
  minutes: number;
  seed: number;
  processes: number;
  clients: number;
  store: 'directory' | undefined;
  /** Where to write what docs/reliability.md shows; a run with a violation leaves nothing there. */
  file: string | undefined;
  json: boolean;
  quiet: boolean;
} {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '3' },
      seed: { type: 'string', default: String(Math.floor(Math.random() * 1_000_000) + 1) },
      processes: { type: 'string', default: '4' },
      clients: { type: 'string', default: '6' },
      store: { type: 'string' },
      record: { type: 'string' },
      json: { type: 'boolean', default: false },
      quiet: { type: 'boolean', default: false },
    },
  });
  const { json, quiet, record: file } = values;
  const [minutes, seed, processes, clients] = (['minutes', 'seed', 'processes', 'clients'] as const).map(
    (name) => positive(name, values[name]),
  ) as [number, number, number, number];
  if (processes < 3)
    throw new Error(`--processes: ${processes} are too few: a cluster that bears a loss has three`);
  const { store } = values;
  if (store !== undefined && store !== 'directory')
    throw new Error(
      `--store: '${store}' is not known; leave it out for NATS, or say 'directory'\n\n${usage}`,
    );
  return { minutes, seed, processes, clients, store, file, json, quiet };
}

try {
  const { json, quiet, file, ...options } = read();
  const began = performance.now();
  const log = (line: string): void => {
    if (!quiet) console.error(`${((performance.now() - began) / 1_000).toFixed(1).padStart(7)} s  ${line}`);
  };
  const found = await run({ ...options, log });
  const { latencies, ...figures } = found;
  const latency = { p50: percentile(latencies, 0.5), p99: percentile(latencies, 0.99) };
  console.log(json ? JSON.stringify({ ...figures, latency, node: process.version }) : report(found));
  if (file !== undefined && found.violations.length === 0) {
    const { minutes, seed, processes, clients } = options;
    const command = `npm run chaos -- --minutes ${minutes} --seed ${seed} --processes ${processes} --clients ${clients}${options.store === undefined ? '' : ` --store ${options.store}`}`;
    await record(file, { title: 'What may go wrong, under load', command, rows: rows(found) });
  }
  process.exitCode = found.violations.length > 0 ? 1 : 0;
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 2;
}
