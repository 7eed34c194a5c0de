import { randomBytes } from 'node:crypto';
import type { Key } from '@cachex/router/hash';
import type { ClusterCache } from '../../cluster/index.ts';
import type { Command } from '../command.ts';
import { usage } from '../failure.ts';
import { showDuration } from '../texts.ts';

/** How many keys are read and written. */
const keyCount = 1_000;
/** What is not removed, because the program was killed, goes by itself after so many ms. */
const lifetime = 600_000;

export const bench: Command = {
  name: 'bench',
  about: 'how many calls a second a cache answers to this program, and how fast',
  details: [
    'It writes 1,000 keys of its own, which begin with `cachex-bench:`, and removes them in the end. If the cache has a limit, that may evict others. What it shows is this one program: its processor, its way to the nodes, their load.',
  ],
  arguments: [{ name: 'cache', about: 'the name of the cache' }],
  options: [
    { name: 'seconds', value: 'count', about: 'how long; 5 unless set' },
    { name: 'in-flight', value: 'count', about: 'how many calls at a time; 64 unless set' },
    { name: 'bytes', value: 'count', about: 'the length of a value; 100 unless set' },
    { name: 'reads', value: 'percent', about: 'how many of 100 calls read; 90 unless set' },
  ],
  joins: true,
  examples: ['bench users --cluster shop', 'bench users --in-flight 1 --reads 100 --json'],
  async run(given, { cache: open, output, signal, timeout }) {
    const seconds = given.count('seconds', 5);
    const inFlight = given.count('in-flight', 64);
    const value = 'x'.repeat(given.count('bytes', 100));
    const reads = readsOf(given.option('reads'));
    const cache = await open(given.argument('cache'));
    const prefix = `cachex-bench:${randomBytes(4).toString('hex')}:`;
    const keys = Array.from({ length: keyCount }, (_, n) => `${prefix}${n}`);
    try {
      await cache.putMany(
        keys.map((key) => [key, value] as const),
        { ttl: lifetime, timeout },
      );
      const load = { keys, value, reads, inFlight, milliseconds: seconds * 1_000, signal };
      const measured = await measure(cache, load);
      output.result({ cache: cache.name, seconds, inFlight, readsPercent: reads * 100, ...measured }, () => [
        `${Math.round(measured.callsPerSecond)} calls/s, ${inFlight} at a time, ${Math.round(reads * 100)}% reads`,
        `half within ${showDuration(measured.p50)}, 99% within ${showDuration(measured.p99)}, all within ${showDuration(measured.max)}`,
        ...(measured.failed > 0 ? [`${measured.failed} calls failed`] : []),
      ]);
    } finally {
      await cache.delMany(keys, { timeout });
    }
    return undefined;
  },
};

function readsOf(text: string | undefined): number {
  if (text === undefined) return 0.9;
  const percent = Number(text);
  if (text.trim() !== '' && percent >= 0 && percent <= 100) return percent / 100;
  throw usage(`--reads: '${text}' is not a number from 0 to 100`);
}

interface Load {
  readonly keys: readonly string[];
  readonly value: string;
  readonly reads: number;
  readonly inFlight: number;
  readonly milliseconds: number;
  readonly signal: AbortSignal;
}

/** Times are in ms. */
interface Measured {
  readonly calls: number;
  readonly failed: number;
  readonly callsPerSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

async function measure(cache: ClusterCache<Key, unknown>, load: Load): Promise<Measured> {
  const { keys, value, reads, inFlight, milliseconds, signal } = load;
  const times: number[] = [];
  let failed = 0;
  const start = performance.now();
  const end = start + milliseconds;
  const caller = async (): Promise<void> => {
    while (performance.now() < end) {
      signal.throwIfAborted();
      const key = keys[Math.floor(Math.random() * keys.length)]!;
      const began = performance.now();
      try {
        await (Math.random() < reads ? cache.get(key) : cache.put(key, value, { ttl: lifetime }));
      } catch {
        failed += 1;
      }
      times.push(performance.now() - began);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, caller));
  const seconds = (performance.now() - start) / 1_000;
  times.sort((one, other) => one - other);
  const at = (share: number): number =>
    times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;
  return {
    calls: times.length,
    failed,
    callsPerSecond: times.length / seconds,
    p50: at(0.5),
    p99: at(0.99),
    max: at(1),
  };
}
