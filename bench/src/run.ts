import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Measurement } from './measurements/index.ts';

/** One candidate, measured in one way, on one Node.js. */
export interface Run {
  readonly candidate: string;
  readonly measurement: Measurement;
  /** The executable. Default: the one that runs this. */
  readonly node?: string;
}

/** What tells runs apart. */
export function identityOf(run: Run): string {
  return JSON.stringify([run.candidate, run.measurement, run.node]);
}

const child = fileURLToPath(new URL('./child.js', import.meta.url));

const flags: Readonly<Record<Measurement['kind'], readonly string[]>> = {
  verify: [],
  time: [],
  bytes: ['--expose-gc'],
  block: ['--max-old-space-size=8192'],
  live: ['--max-old-space-size=12288'],
};

/** Runs it in a process of its own. */
export async function execute(run: Run): Promise<number> {
  const { candidate, measurement, node = process.execPath } = run;
  const args = [...flags[measurement.kind], child, candidate, JSON.stringify(measurement)];
  const spawned = spawn(node, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const [out, err] = [spawned.stdout, spawned.stderr].map((stream) => {
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    return () => Buffer.concat(chunks).toString();
  }) as [() => string, () => string];
  const code = await new Promise<number | null>((resolve, reject) => {
    spawned.once('error', reject);
    spawned.once('close', resolve);
  });
  if (code !== 0)
    throw new Error(`${candidate}, ${JSON.stringify(measurement)}: ${err() || `exit code ${code}`}`);
  // A candidate may print what it likes before.
  return JSON.parse(out().trim().split('\n').at(-1)!).figure;
}
