// Compares designs, and writes the tables of docs/eviction.md: npm run build && node bench/dist/src/hitratio/study.js
// The traces are looked for where the suite hitratio looks for them.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { candidate, type Design } from './candidates.ts';
import { type Drivable, drive, ofCachex } from './drive.ts';
import { generatedPatterns, patternCapacity } from './patterns.ts';
import { type Cell, readReference, readTrace, type Trace, traceFolder } from './traces.ts';

const paper: Design = {
  share: 0.1,
  adapts: 'never',
  ghosts: [0.9, 0],
  promoteAt: 2,
  lap: false,
  wait: false,
};
const asS3fifo: Design = { promoteAt: 2, lap: false, wait: false, stepForSmall: 1, stepForMain: 1 };

const policies: Readonly<Record<string, Drivable>> = {
  adaptive: ofCachex('adaptive'),
  s3fifo: ofCachex('s3fifo'),
  lru: ofCachex('lru'),
  lrw: ofCachex('lrw'),
  fifo: ofCachex('fifo'),
};

const designs: Readonly<Record<string, Design>> = {
  'the adaptive design, memories exact': {},
  'S3-FIFO': paper,
  'S3-FIFO, twice the ghosts': { ...paper, ghosts: [2, 0] },
  'S3-FIFO, small queue 20 %, twice the ghosts': { ...paper, share: 0.2, ghosts: [2, 0] },
  'S3-FIFO, small queue 40 %, twice the ghosts': { ...paper, share: 0.4, ghosts: [2, 0] },
  'border by hits a slot': { ...asS3fifo, adapts: 'by density', ghosts: [2, 1] },
  'border by all that is remembered': { ...asS3fifo, adapts: 'by ghosts', ghosts: [2, 1] },
  'border by margin': asS3fifo,
  'border by margin, second lap': { ...asS3fifo, lap: true },
  'the same, promoted after three uses': { ...asS3fifo, lap: true, promoteAt: 3 },
  'the same, most share 50 %': { ...asS3fifo, lap: true, promoteAt: 3, most: 0.5 },
  'candidates wait, steps 1 and 1': { stepForSmall: 1, stepForMain: 1 },
  'candidates wait, steps 2 and 2': { stepForMain: 2 },
  'candidates wait, steps 2 and 4': { stepForMain: 4 },
  'promoted after two uses': { promoteAt: 2 },
  'never promoted': { promoteAt: 4 },
  'margin 10 %': { margin: 0.1 },
  'margin 50 %': { margin: 0.5, ghosts: [2, 0.5] },
  'as many ghosts as entries': { ghosts: [1, 0.25] },
  'three times as many ghosts': { ghosts: [3, 0.25] },
  'share from 1 % to 99 %': { least: 0.01, most: 0.99 },
  'share begins at 50 %': { share: 0.5 },
  'uses counted up to 7': { mostUses: 7 },
};

interface Source {
  readonly trace: Trace;
  readonly cells: readonly Cell[];
}

const smallShare = 0.001;
const shown = [
  'zipf 1',
  'zipf with scans',
  'loop of 110 %',
  'loop of 150 %',
  'moving working set',
  'recency',
];

function row(
  title: string,
  create: Drivable,
  sources: readonly Source[],
  patterns: readonly Trace[],
): string[] {
  const results = sources.flatMap(({ trace, cells }) =>
    cells.map((cell) => ({ name: trace.name, cell, hits: drive(create, trace, cell.capacity) })),
  );
  const mean = (some: typeof results): number =>
    some.reduce((sum, { hits, cell }) => sum + hits / cell.optimal, 0) / some.length;
  const worst = results.reduce((one, other) =>
    other.hits - other.cell.lru < one.hits - one.cell.lru ? other : one,
  );
  const points = 100 * (worst.hits - worst.cell.lru);
  return [
    title,
    mean(results.filter(({ cell }) => cell.share > smallShare)).toFixed(4),
    mean(results.filter(({ cell }) => cell.share === smallShare)).toFixed(3),
    points > -0.005 ? 'none' : `${points.toFixed(2)} (${worst.name}, ${worst.cell.share * 100} %)`,
    ...patterns.map((trace) => drive(create, trace, patternCapacity).toFixed(3)),
  ];
}

function table(creators: Readonly<Record<string, Drivable>>, sources: readonly Source[]): string {
  const patterns = generatedPatterns().filter(({ name }) => shown.includes(name));
  const head = ['', 'mean of 21', 'mean at 0.1 %', 'worst below LRU, points', ...shown];
  const rows = Object.entries(creators).map(([title, create]) => {
    process.stderr.write(`${title}\n`);
    return row(title, create, sources, patterns);
  });
  const rule = head.map((_, column) => (column === 0 || column === 3 ? '---' : '--:'));
  return [head, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function replaced(text: string, name: string, content: string): string {
  const from = `<!-- ${name}: written by bench/src/hitratio/study.ts -->`;
  const to = `<!-- /${name} -->`;
  const start = text.indexOf(from);
  const end = text.indexOf(to);
  if (start < 0 || end < start) throw new Error(`there is no place for ${name}`);
  return `${text.slice(0, start + from.length)}\n\n${content}\n\n${text.slice(end)}`;
}

const folder = traceFolder();
if (folder === undefined) throw new Error('There are no traces in CACHEX_TRACES, nor beside the repository.');
const sources = Object.entries(readReference(folder)).map(([name, cells]) => ({
  trace: readTrace(folder, name),
  cells,
}));
// Compiled, this lies in bench/dist/src/hitratio.
const document = fileURLToPath(new URL('../../../../docs/eviction.md', import.meta.url));
const candidates = Object.fromEntries(
  Object.entries(designs).map(([title, design]) => [title, candidate(design)]),
);
const withPolicies = replaced(readFileSync(document, 'utf8'), 'policies', table(policies, sources));
writeFileSync(document, replaced(withPolicies, 'designs', table(candidates, sources)));
