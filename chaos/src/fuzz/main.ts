// Hands bytes that nobody wrote to all that reads bytes of others: `npm run fuzz -- --seconds 20 --seed 7`.
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import type { Tried } from './fuzzer.ts';
import { record } from './record.ts';
import { run } from './run.ts';
import { targets } from './targets/index.ts';

const names = targets.map(({ name }) => name);
const usage = `npm run fuzz -- [--seconds 20] [--inputs N] [--seed N] [--target ${names.join('|')}] [--json] [--record]
  --seconds  for all targets together
  --inputs   the most for each target`;

function positive(name: string, text: string): number {
  const value = Number(text);
  if (value > 0) return value;
  throw new Error(`--${name}: ${text} is not a number above zero\n\n${usage}`);
}

function read(): {
  seconds: number;
  inputs: number;
  seed: number;
  chosen: string[];
  json: boolean;
  recorded: boolean;
} {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '20' },
      inputs: { type: 'string', default: 'Infinity' },
      seed: { type: 'string', default: String(Math.floor(Math.random() * 1_000_000) + 1) },
      target: { type: 'string', multiple: true, default: names },
      json: { type: 'boolean', default: false },
      record: { type: 'boolean', default: false },
    },
  });
  const unknown = values.target.find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw new Error(`--target: ${unknown} is none of ${names.join(', ')}\n\n${usage}`);
  const [seconds, inputs, seed] = [
    positive('seconds', values.seconds),
    positive('inputs', values.inputs),
    positive('seed', values.seed),
  ];
  return { seconds, inputs, seed, chosen: values.target, json: values.json, recorded: values.record };
}

/** Keeps what was found, to be tried again and made a test of. */
async function keep({ target, finding }: Tried): Promise<void> {
  if (finding === undefined) return;
  const digest = createHash('sha256').update(finding.input).digest('hex').slice(0, 12);
  await mkdir('chaos/found', { recursive: true });
  const path = `chaos/found/${target}-${digest}.bin`;
  await writeFile(path, finding.input);
  console.error(`FOUND ${target}: ${finding.problem}\n  the bytes are in ${path}`);
}

try {
  const { seconds, inputs, seed, chosen, json, recorded } = read();
  const all: Tried[] = [];
  for (const target of chosen) {
    const tried = await run({ target, seed, inputs, seconds: seconds / chosen.length });
    await keep(tried);
    all.push(tried);
    const { finding, ...figures } = tried;
    if (json) console.log(JSON.stringify({ seed, ...figures, found: finding?.problem }));
    else
      console.log(
        `${target.padEnd(10)} ${tried.inputs.toLocaleString('en').padStart(10)} inputs, ${tried.refused.toLocaleString('en')} refused, ${tried.corpus} kept for the code they ran, ${tried.blocks} blocks of it`,
      );
  }
  const found = all.filter(({ finding }) => finding !== undefined);
  if (recorded && found.length === 0) await record(all, { seconds, seed });
  if (found.length > 0) console.error(`again: npm run fuzz -- --seed ${seed}`);
  process.exitCode = found.length > 0 ? 1 : 0;
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 2;
}
