import type { Comparison } from '../comparison.ts';
import type { Line } from '../line.ts';
import type { Measurement } from '../measurements/index.ts';
import { allCandidates } from '../peers/index.ts';
import { type Group, measureGroups, type SuiteOptions } from '../suite.ts';

/** No more than lru-cache without ttl; no block of the event loop of 10 ms; 20 M entries. */
const targets = { bytes: 1, block: 1, live: 1 } as const;
const bytesPeer = 'lru-cache';
const longestBlock = 10;
const manyEntries = 20_000_000;
/** What the largest measurement may need, in bytes. */
const memoryNeeded = 8 * 2 ** 30;

/** What entries take, and how long the event loop is blocked. */
export async function* run(options: SuiteOptions): AsyncGenerator<Line> {
  const groups = [await bytes(options.full), blocks(options.full)];
  if (options.full) {
    if (process.availableMemory() > memoryNeeded) groups.push(live());
    else options.progress(`memory: not enough is free to hold ${manyEntries} entries`);
  }
  yield* measureGroups('memory', groups, options);
}

async function bytes(full: boolean): Promise<Group> {
  const measurement: Measurement = { kind: 'bytes', entries: 1_000_000 };
  const candidates = await allCandidates();
  const peers = candidates.filter(({ name, style }) => style === 'sync' && !name.startsWith('cachex'));
  return {
    // They are the same in every process, to a fraction of a byte.
    rounds: 1,
    comparisons: peers
      .filter(({ onlyFull }) => full || onlyFull !== true)
      .map(({ name }) => ({
        case: 'bytes an entry, 1 M entries',
        unit: 'bytes/entry',
        ours: { candidate: 'cachex', measurement },
        peer: { candidate: name, measurement },
        peerName: name,
        ...(name === bytesPeer ? { target: targets.bytes } : {}),
      })),
  };
}

function blocks(full: boolean): Group {
  const ours = (entries: number, expiring: boolean) =>
    ({ candidate: 'cachex', measurement: { kind: 'block', entries, expiring } }) as const;
  const beside = (peer: string): Comparison => ({
    case: 'longest block, filling and churning 1 M entries',
    unit: 'ms',
    ours: ours(1_000_000, false),
    peer: { candidate: peer, measurement: { kind: 'block', entries: 1_000_000, expiring: false } },
    peerName: peer,
  });
  return {
    rounds: full ? 5 : 1,
    comparisons: [
      {
        case: 'longest block, filling, churning and expiring 10 M entries',
        unit: 'ms',
        ours: ours(10_000_000, true),
        peer: { constant: longestBlock },
        peerName: `${longestBlock} ms`,
        target: targets.block,
      },
      beside('Map'),
      beside('lru-cache with ttl'),
    ],
  };
}

function live(): Group {
  const measurement: Measurement = { kind: 'live', entries: manyEntries };
  const base = {
    case: '20 M live entries with churn',
    unit: 'entries',
    ours: { candidate: 'cachex', measurement },
  } as const;
  return {
    rounds: 1,
    comparisons: [
      { ...base, peer: { constant: manyEntries }, peerName: 'as many as were put', target: targets.live },
      { ...base, peer: { candidate: 'Map', measurement }, peerName: 'Map' },
    ],
  };
}
