// Writes what was measured into docs/performance.md, from bench/results/*.json: the files are what
// `npm run bench -- report` leaves. With --check it writes nothing and fails if the document is not what it would write.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fillSections } from './fill-sections.mjs';
import { table } from './markdown-table.mjs';

const folder = new URL('../bench/results/', import.meta.url);

const titles = {
  local: 'Operations',
  remote: 'Operations on other processes',
  routing: 'Routing',
  threads: 'Between threads of one process',
  rebalance: 'Moving entries to a node that joins',
  memory: 'Memory and blocks',
  hitratio: 'Hit ratios',
};
/** Suites that measure everything once, or the same every time, in most of their cases. */
const measuredOnce = ['memory', 'hitratio'];
const order = Object.keys(titles);

const rank = ({ suite }) => (order.includes(suite) ? order.indexOf(suite) : order.length);
const results = (existsSync(folder) ? readdirSync(folder) : [])
  // What is measured for docs/scale.md is not about speed.
  .filter((file) => file.endsWith('.json') && file !== 'scale.json')
  .map((file) => JSON.parse(readFileSync(new URL(file, folder), 'utf8')))
  .sort((one, other) => rank(one) - rank(other) || one.suite.localeCompare(other.suite));

const figure = (value) => value.toLocaleString('en', { maximumSignificantDigits: 4 });

const ratio = (value) => value.toLocaleString('en', { minimumFractionDigits: 2, maximumFractionDigits: 2 });

const met = ({ ratio: got, target: wanted }) => got >= wanted;

/** Every line that has a target, those that miss it first. */
function targets() {
  const lines = results.flatMap(({ lines }) => lines).filter(({ target: wanted }) => wanted !== undefined);
  if (lines.length === 0) return ['Nothing was recorded yet.'];
  const missed = lines.filter((line) => !met(line));
  const row = (line) => [
    line.case,
    line.peerName,
    ratio(line.ratio),
    ratio(line.target),
    met(line) ? 'reached' : '**missed**',
  ];
  return [
    `${lines.length - missed.length} of ${lines.length} targets are reached.`,
    '',
    ...table(['case', 'beside', 'ratio', 'target', ''], [...missed, ...lines.filter(met)].map(row), [2, 3]),
  ];
}

/** What a reader should see at a glance: where somebody else is better. */
function losses() {
  const lost = results.flatMap(({ lines }) => lines).filter(({ ratio: got }) => got < 1);
  if (lost.length === 0) return ['In none of what was recorded.'];
  return table(
    ['case', 'cachex', 'peer', 'unit', 'beside', 'ratio'],
    lost.map((line) => [
      line.case,
      figure(line.ours),
      figure(line.peer),
      line.unit,
      line.peerName,
      ratio(line.ratio),
    ]),
    [1, 2, 5],
  );
}

function suite({ suite: name, full, rounds, origin, lines }) {
  const cases = grouped(lines);
  return [
    `### ${titles[name] ?? name}`,
    '',
    `\`npm run bench -- ${name}${full ? ' --full' : ''}\`${measuredOnce.includes(name) ? '' : `, medians of ${rounds} rounds`}, Node.js ${origin.node}, on ${machine(origin)}.`,
    ...[...cases].flatMap(([title, rows]) => [
      '',
      `**${title}**`,
      '',
      ...table(
        ['beside', `cachex, ${rows[0].unit}`, 'peer', 'ratio', ''],
        rows.map((line) => [
          line.unit === rows[0].unit ? line.peerName : `${line.peerName}, ${line.unit}`,
          figure(line.ours),
          figure(line.peer),
          ratio(line.ratio),
          line.ratio < 1 ? '**worse**' : '',
        ]),
        [1, 2, 3],
      ),
    ]),
    '',
  ];
}

function grouped(lines) {
  const cases = new Map();
  for (const line of lines) cases.set(line.case, [...(cases.get(line.case) ?? []), line]);
  return cases;
}

function machine({ cpu, cores, memoryGiB, os }) {
  return `${cpu}, ${cores} cores, ${memoryGiB} GiB, ${os}`;
}

/** Versions of all peers, as they are pinned where they were measured. */
function versions() {
  const all = new Map(results.flatMap(({ origin }) => Object.entries(origin.versions)));
  if (all.size === 0) return ['Nothing was recorded yet.'];
  return table(
    ['package', 'version'],
    [...all]
      .sort(([one], [other]) => one.localeCompare(other))
      .map(([name, version]) => [`\`${name}\``, version]),
    [],
  );
}

const sections = {
  targets: targets(),
  losses: losses(),
  results: results.length === 0 ? ['Nothing was recorded yet.'] : results.flatMap(suite).slice(0, -1),
  versions: versions(),
};

fillSections('docs/performance.md', sections, 'bench/results');
