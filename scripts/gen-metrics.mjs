// Writes the table of metrics into docs/metrics.md, from those that are declared. With --check it writes nothing and fails if the
// document tells something else.
import { readFileSync } from 'node:fs';
import ts from 'typescript';
import { fillSections } from './fill-sections.mjs';
import { table } from './markdown-table.mjs';

// It imports nothing but types, so that it can be run before anything is built.
const source = readFileSync(
  new URL('../packages/cachex/src/metrics/instruments.ts', import.meta.url),
  'utf8',
);
const { outputText } = ts.transpileModule(source, { compilerOptions: { module: ts.ModuleKind.ESNext } });
const { cacheInstruments, callDuration, callFailures, nodeInstruments } = await import(
  `data:text/javascript,${encodeURIComponent(outputText)}`
);

const rows = [
  ...cacheInstruments.map(({ name, about, kind, unit }) => [
    `\`cachex_${name}${kind === 'counter' ? '_total' : unit === undefined ? '' : `_${unit}`}\``,
    kind,
    '`cache`',
    about,
  ]),
  ...nodeInstruments.map(({ name, about }) => [`\`cachex_${name}\``, 'gauge', '', about]),
  [`\`cachex_${callDuration.name}_seconds\``, 'histogram', '`cache`, `action`', callDuration.about],
  [`\`cachex_${callFailures.name}_total\``, 'counter', '`cache`, `action`, `code`', callFailures.about],
];

const sections = { prometheus: table(['metric', 'kind', 'labels', ''], rows, []) };
fillSections('docs/metrics.md', sections, 'packages/cachex/src/metrics/instruments.ts');
