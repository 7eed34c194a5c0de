import { count, mebibytes, milliseconds, type Row } from './record.ts';
import type { Findings } from './run.ts';

/** At most so many violations are shown in full. */
const shown = 3;

/** What a run has come to, on one page. */
export function report(found: Findings): string {
  const { seed, seconds, store, operations, keys, undecided, violations, outcomes, unexpected } = found;
  const lines = [
    `${seconds} s with seed ${seed}, views kept in ${store === 'NATS' ? 'a NATS server' : 'a directory'}`,
    '',
    'What happened',
    ...counts(found.faults),
    ...Object.entries(found.impossible)
      .filter(([name]) => found.faults[name] === undefined)
      .map(([name, why]) => `  not tried: ${name}: ${why}`),
    '',
    `What was asked: ${number(operations)} operations`,
    ...counts(found.actions),
    '',
    'What became of it',
    ...counts({ ...outcomes }),
    ...counts(found.codes).map((line) => `  ${line}`),
    `  latency of what was answered: p50 ${percentile(found.latencies, 0.5)} ms, p99 ${percentile(found.latencies, 0.99)} ms`,
    '',
    `${number(keys)} histories were judged; ${number(undecided)} could not be decided`,
    `${number(unexpected)} processes were removed that nobody had touched`,
    `the largest process has ${number(Math.round(found.memory / 1024 / 1024))} MiB`,
    '',
    ...violations.slice(0, shown).map((violation) => `VIOLATION ${violation}\n`),
    violations.length === 0
      ? 'no violation'
      : `${violations.length} violations; again: npm run chaos -- --seed ${seed}`,
  ];
  return lines.join('\n');
}

/** The figures that are recorded. */
export function rows(found: Findings): Row[] {
  const { faults, outcomes, latencies } = found;
  const happened = Object.entries(faults).toSorted(([one], [other]) => one.localeCompare(other));
  return [
    ['lasted', `${count(found.seconds)} s`],
    ['views kept in', found.store === 'NATS' ? 'a NATS server' : 'a directory'],
    ['faults', count(happened.reduce((sum, [, times]) => sum + times, 0))],
    ...happened.map(([name, times]): Row => [`fault: ${name}`, count(times)]),
    ['operations', count(found.operations)],
    ['answered', count(outcomes.ok)],
    ['failed, and changed nothing', count(outcomes.failed)],
    ['said to be of unknown outcome', count(outcomes.unknown)],
    ['latency of an answer, median', milliseconds(percentile(latencies, 0.5))],
    ['latency of an answer, 99 of 100', milliseconds(percentile(latencies, 0.99))],
    ['histories judged', count(found.keys)],
    ['histories that could not be decided', count(found.undecided)],
    ['processes removed that nobody had touched', count(found.unexpected)],
    ['memory of the largest process at the end', mebibytes(found.memory)],
    ['violations', count(found.violations.length)],
  ];
}

function counts(counted: Readonly<Record<string, number>>): string[] {
  return Object.entries(counted)
    .toSorted(([one], [other]) => one.localeCompare(other))
    .map(([name, count]) => `  ${number(count).padStart(9)}  ${name}`);
}

function number(value: number): string {
  return value.toLocaleString('en');
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  const value = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return Number(value.toPrecision(3));
}
