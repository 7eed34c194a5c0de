// Writes into docs/comparison.md which versions it compares: those that the benchmarks run beside.
import { readFileSync } from 'node:fs';
import { fillSections } from './fill-sections.mjs';

const bench = JSON.parse(readFileSync(new URL('../bench/package.json', import.meta.url), 'utf8'));
const compared = ['lru-cache', 'keyv', 'cacheable', 'bentocache', 'ioredis'];
const versions = compared.map((name) => `${name} ${bench.dependencies[name]}`);

fillSections(
  'docs/comparison.md',
  { versions: [`Compared are ${versions.slice(0, -1).join(', ')}, and ${versions.at(-1)}.`] },
  'bench/package.json',
);
