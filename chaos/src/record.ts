import { mkdir, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { dirname } from 'node:path';

/** A figure of a run, and what it is. */
export type Row = readonly [label: string, value: string];

/** What a run leaves for docs/reliability.md, which `npm run gen` makes of it. */
export interface RunRecord {
  readonly title: string;
  /** That which does it again. */
  readonly command: string;
  readonly rows: readonly Row[];
}

const lineWidth = 110;

/** Writes what a run has come to, and where. */
export async function record(file: string, { title, command, rows }: RunRecord): Promise<void> {
  const origin = {
    node: process.version,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    date: new Date().toISOString().slice(0, 10),
  };
  const head = JSON.stringify({ title, command, origin }, undefined, 2).slice(0, -2);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `${head},\n  "rows": [\n${rows.map(written).join(',\n')}\n  ]\n}\n`);
}

/** A row of the file, in the format that all files of the repository have. */
function written([label, value]: Row): string {
  const [one, other] = [JSON.stringify(label), JSON.stringify(value)];
  const line = `    [${one}, ${other}]`;
  return line.length < lineWidth ? line : `    [\n      ${one},\n      ${other}\n    ]`;
}

export function count(value: number): string {
  // What is rounded to -0 is none.
  return (Math.round(value) + 0).toLocaleString('en');
}

export function mebibytes(bytes: number): string {
  return `${count(bytes / 1024 / 1024)} MiB`;
}

export function milliseconds(value: number): string {
  return `${value.toLocaleString('en', { maximumSignificantDigits: 3 })} ms`;
}
