import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Line } from './line.ts';
import type { Origin } from './machine.ts';

/** What is kept of a suite that was measured for docs/performance.md and docs/scale.md. */
export interface Results {
  readonly suite: string;
  readonly full: boolean;
  readonly rounds: number;
  readonly origin: Origin;
  readonly lines: readonly Line[];
}

// Compiled, this lies in bench/dist/src.
const folder = new URL('../../results/', import.meta.url);
const generators = ['gen-performance.mjs', 'gen-scale.mjs'].map((name) =>
  fileURLToPath(new URL(`../../../scripts/${name}`, import.meta.url)),
);

/** Writes `bench/results/<suite>.json`, from which `npm run gen` makes the tables. */
export function writeResults(results: Results): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(new URL(`${results.suite}.json`, folder), `${JSON.stringify(results, null, 2)}\n`);
}

/** Writes the tables of docs/performance.md and docs/scale.md, as `npm run gen` does. */
export function writeDocuments(): void {
  for (const generator of generators) execFileSync(process.execPath, [generator], { stdio: 'inherit' });
}
