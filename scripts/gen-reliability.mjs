// Writes what runs have come to into docs/reliability.md, from docs/reliability/*.json: the files are what --record of
// `npm run chaos`, `overload` and `soak` leaves. With --check it writes nothing and fails if the document is not what it would write.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fillSections } from './fill-sections.mjs';
import { table } from './markdown-table.mjs';

const folder = new URL('../docs/reliability/', import.meta.url);
/** Those that have a place in the document, recorded or not. */
const places = ['chaos', 'overload', 'soak', 'fuzz'];

const recorded = readdirSync(folder)
  .filter((file) => file.endsWith('.json'))
  .map((file) => file.slice(0, -'.json'.length));

function section(name) {
  if (!recorded.includes(name)) return ['Nothing was recorded yet.'];
  const { title, command, origin, rows } = JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8'));
  const { node, cpu, cores, date } = origin;
  const plot = existsSync(new URL(`${name}.svg`, folder)) ? [`![${title}](reliability/${name}.svg)`, ''] : [];
  return [
    ...['```sh', command, '```', ''],
    ...plot,
    ...table([title, ''], rows, [1]),
    '',
    `Node.js ${node} on ${cpu}, ${cores} cores${date === undefined ? '' : `, ${date}`}.`,
  ];
}

const names = [...new Set([...places, ...recorded])];
fillSections(
  'docs/reliability.md',
  Object.fromEntries(names.map((name) => [name, section(name)])),
  'docs/reliability',
);
