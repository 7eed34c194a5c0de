import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

/** Accesses in order; each is a small whole number that stands for a key. */
export interface Trace {
  readonly name: string;
  readonly accesses: Uint32Array;
  /** All numbers are below it. */
  readonly universe: number;
}

/** The hit ratios of other policies, and of the optimum, on a trace with a cache of one size. */
export interface Cell {
  readonly capacity: number;
  /** The capacity as a share of the keys of the trace. */
  readonly share: number;
  readonly optimal: number;
  readonly lru: number;
  readonly lrw: number;
  readonly s3fifo: number;
  readonly arc: number;
  readonly wtinylfu: number;
  readonly sieve: number;
}

/** Where real traces lie, if they do: in the folder `CACHEX_TRACES`, or beside the repository. */
export function traceFolder(): string | undefined {
  // Compiled, this lies in bench/dist/src/hitratio.
  const beside = fileURLToPath(new URL('../../../../../shared/traces', import.meta.url));
  return [process.env.CACHEX_TRACES, beside].find(
    (folder) => folder !== undefined && existsSync(`${folder}/reference.json`),
  );
}

/** The cells of each trace in a folder, by name. */
export function readReference(folder: string): Readonly<Record<string, readonly Cell[]>> {
  return JSON.parse(readFileSync(`${folder}/reference.json`, 'utf8'));
}

export function readTrace(folder: string, name: string): Trace {
  const bytes = gunzipSync(readFileSync(`${folder}/${name}.u32.gz`));
  return traceOf(name, new Uint32Array(new Uint8Array(bytes).buffer));
}

export function traceOf(name: string, accesses: Uint32Array): Trace {
  let universe = 0;
  for (const id of accesses) if (id >= universe) universe = id + 1;
  return { name, accesses, universe };
}
