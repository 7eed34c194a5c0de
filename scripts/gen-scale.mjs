// Writes what was measured into docs/scale.md, from bench/results/scale.json, which `npm run bench -- report scale` leaves.
// With --check it writes nothing and fails if the document is not what it would write.
import { readFileSync } from 'node:fs';
import { fillSections } from './fill-sections.mjs';
import { table } from './markdown-table.mjs';

const source = new URL('../bench/results/scale.json', import.meta.url);
const { origin, rounds, lines } = JSON.parse(readFileSync(source, 'utf8'));

/** Every line by what it tells of, and of how many nodes and partitions. */
const figures = lines.map(({ case: name, ours, peer, peerName }) => {
  const [, what, nodes, partitions] = /^(.*), (\d+) nodes(?:, (\d+) partitions)?$/.exec(name);
  return { what, nodes: Number(nodes), partitions: Number(partitions ?? 0), ours, peer, peerName };
});
const find = (what, nodes, partitions = 0) =>
  figures.find((one) => one.what === what && one.nodes === nodes && one.partitions === partitions);
const ours = (...which) => find(...which).ours;
const peer = (what, peerName) => (nodes, partitions) =>
  figures.find(
    (one) =>
      one.what === what && one.nodes === nodes && one.partitions === partitions && one.peerName === peerName,
  ).peer;

const sizes = [...new Map(figures.map((one) => [`${one.nodes} ${one.partitions}`, one])).values()]
  .filter(({ partitions }) => partitions > 0)
  .map(({ nodes, partitions }) => [nodes, partitions]);
const counts = [...new Set(sizes.map(([nodes]) => nodes))];

const count = (value) => value.toLocaleString('en');
const rough = (value) => value.toLocaleString('en', { maximumSignificantDigits: 2 });

/** Bytes in a unit that fits. */
function bytes(value) {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(value) / 3)));
  return `${(value / 1000 ** power).toLocaleString('en', { maximumSignificantDigits: 3 })} ${units[power]}`;
}

const bySize = (head, columns) =>
  table(
    ['nodes', 'partitions', ...head],
    sizes.map((size) => [...size.map(count), ...columns.map((column) => column(...size))]),
    [0, 1, ...head.map((_, n) => n + 2)],
  );

const joinViews = (...size) => ours('views published at a join', ...size);
const backed = 'view with a backup of each partition';
const memory = figures.find(({ what }) => what === 'memory for each other node');
const network = peer('bytes of signs of life that a node sends', '1 % of 1 Gbit/s');

const sections = {
  views: bySize(
    ['view', 'gzip', 'with backups', 'gzip'],
    ['view', 'view, gzip', backed, `${backed}, gzip`].map(
      (what) =>
        (...size) =>
          bytes(ours(what, ...size)),
    ),
  ),
  times: bySize(
    ['write', 'read', 'plan a join', 'plan backups'],
    ['writing a view', 'reading a view', 'planning a join', 'planning the backups of one node'].map(
      (what) =>
        (...size) =>
          rough(ours(what, ...size)),
    ),
  ),
  joins: bySize(
    ['moved', 'fewest', 'by modulo', 'views', 'bytes told'],
    [
      (...size) => count(ours('partitions moved at a join', ...size)),
      (...size) => count(peer('partitions moved at a join', 'the fewest that balance allows')(...size)),
      (...size) => count(peer('partitions moved at a join', 'hash modulo nodes')(...size)),
      (...size) => count(joinViews(...size)),
      (nodes, partitions) => bytes(joinViews(nodes, partitions) * nodes * ours('view', nodes, partitions)),
    ],
  ),
  links: table(
    [
      'nodes',
      'sockets of a node',
      'memory of its links',
      'it sends',
      'in bytes',
      'in packets of TLS',
      'all send',
      'processor',
    ],
    counts.map((nodes) => [
      count(nodes),
      count(2 * (nodes - 1)),
      bytes(memory.ours * (nodes - 1)),
      `${count(ours('signs of life that a node sends', nodes))}/s`,
      `${bytes(ours('bytes of signs of life that a node sends', nodes))}/s`,
      `${bytes(ours('the same in packets of TLS', nodes))}/s`,
      `${bytes(ours('the same in packets of TLS', nodes) * nodes)}/s`,
      cpu(nodes),
    ]),
    [0, 1, 2, 3, 4, 5, 6, 7],
  ),
  link: [
    `A link takes ${bytes(memory.ours)} of memory, both ends together; two bare sockets of Node.js take ${bytes(memory.peer)}. ` +
      `One percent of a network of 1 Gbit/s is ${bytes(network(counts[0], 0))}/s.`,
  ],
  origin: [
    `\`npm run bench -- report scale\`, medians of ${rounds}, Node.js ${origin.node}, on ${origin.cpu}, ${origin.cores} cores, ${origin.memoryGiB} GiB, ${origin.os}.`,
  ],
};

/** How much of one core, where it was measured. */
function cpu(nodes) {
  const found = find('processor for signs of life', nodes);
  return found === undefined
    ? ''
    : `${(found.ours / 10).toLocaleString('en', { maximumSignificantDigits: 2 })} %`;
}

fillSections('docs/scale.md', sections, 'bench/results/scale.json');
