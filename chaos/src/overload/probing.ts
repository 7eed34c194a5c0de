import { setTimeout as sleep } from 'node:timers/promises';
import type { ClusterCache } from 'cachex/cluster';

/** What somebody was told who asks for one thing after another. */
export interface Probes {
  /** How long each answer took, in ms. */
  readonly latencies: readonly number[];
  readonly codes: Readonly<Record<string, number>>;
  /** For how long it was asked, in ms. */
  readonly lasted: number;
}

/** How long it waits between an answer and the next call, in ms. */
const rest = 2;

/** Reads keys one after another for `ms`, never two at a time. */
export async function probe(
  cache: ClusterCache<string, unknown>,
  keys: readonly string[],
  ms: number,
): Promise<Probes> {
  const latencies: number[] = [];
  const codes: Record<string, number> = {};
  const began = performance.now();
  for (let n = 0; performance.now() - began < ms; n += 1) {
    const at = performance.now();
    try {
      await cache.get(keys[n % keys.length]!);
      latencies.push(performance.now() - at);
    } catch (error) {
      const { code = 'no code' } = error as { code?: string };
      codes[code] = (codes[code] ?? 0) + 1;
    }
    await sleep(rest);
  }
  return { latencies, codes, lasted: performance.now() - began };
}
