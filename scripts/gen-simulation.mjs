// Writes what was recorded of the simulation into docs/invariants.md, from docs/simulation/*.json: the files are what
// `RECORD=… npx vitest run packages/cachex/test/simulation/simulation.test.ts` leaves. With --check it writes nothing and
// fails if the document is not what it would write.
import { readdirSync, readFileSync } from 'node:fs';
import { fillSections } from './fill-sections.mjs';

const folder = new URL('../docs/simulation/', import.meta.url);
const test = 'npx vitest run packages/cachex/test/simulation/simulation.test.ts';

const happened = {
  seeds: 'seeds',
  operations: 'calls of users',
  views: 'views agreed on',
  joins: 'nodes that joined',
  leaves: 'nodes that left',
  crashes: 'nodes that died without a word',
  removals: 'live nodes that were removed',
  moves: 'partitions handed over',
  promotions: 'partitions taken over by a copy',
  losses: 'partitions that began again empty, where that is allowed',
};

const records = readdirSync(folder)
  .filter((file) => file.endsWith('.json'))
  .map((file) => JSON.parse(readFileSync(new URL(file, folder), 'utf8')));
const runs = records.filter(({ seeds }) => seeds !== undefined).sort((one, other) => one.from - other.from);
const { noticed } = records.find((record) => record.noticed !== undefined);

/** Consecutive runs as one: [from, to, how many seeds each]. */
function stretches() {
  const list = [];
  for (const { from, seeds } of runs) {
    const last = list.at(-1);
    if (last !== undefined && last.to === from && last.each === seeds) last.to += seeds;
    else list.push({ from, to: from + seeds, each: seeds });
  }
  return list;
}

function table(head, rows) {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column].length)),
  );
  const line = (cells, right) =>
    `| ${cells.map((cell, n) => (n > 0 && right ? cell.padStart(widths[n]) : cell.padEnd(widths[n]))).join(' | ')} |`;
  const rule = `| ${widths.map((width, n) => (n > 0 ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width))).join(' | ')} |`;
  return [line(head, false), rule, ...rows.map((row) => line(row, true))];
}

const number = (value) => value.toLocaleString('en');
const versions = [...new Set(runs.map(({ node }) => node))].join(', ');

const sections = {
  simulation: [
    ...table(
      ['what', 'in all'],
      [
        ...Object.entries(happened).map(([name, what]) => [
          what,
          number(runs.reduce((sum, run) => sum + run[name], 0)),
        ]),
        ['violations', '0'],
      ],
    ),
    '',
    `Recorded with Node.js ${versions}. A run that finds a violation leaves no record. To do it again:`,
    '',
    '```sh',
    ...stretches().flatMap(({ from, to, each }) => [
      `for from in $(seq ${from} ${each} ${to - 1}); do`,
      `  FROM=$from SEEDS=${each} RECORD=docs/simulation/$from.json ${test} -t 'a cluster under load'`,
      'done',
    ]),
    '```',
  ],
  safeguards: [
    ...table(
      ['without', 'the first seed that fails'],
      Object.entries(noticed).map(([safeguard, seed]) => [`\`${safeguard}\``, String(seed)]),
    ),
    '',
    '```sh',
    `RECORD=docs/simulation/safeguards.json ${test} -t 'the simulation notices'`,
    '```',
  ],
};

fillSections('docs/invariants.md', sections, 'docs/simulation');
