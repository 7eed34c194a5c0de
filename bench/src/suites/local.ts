import type { Candidate } from '../candidate.ts';
import type { Comparison } from '../comparison.ts';
import type { Line } from '../line.ts';
import { allSettings, briefSettings, nameOf, type Setting, standardEntries } from '../local/setting.ts';
import { targetOf, targets } from '../local/targets.ts';
import { allCandidates } from '../peers/index.ts';
import { recordedCachex } from '../recorded.ts';
import type { Run } from '../run.ts';
import { type Group, measureGroups, type SuiteOptions } from '../suite.ts';

const nanoseconds = 1e9;

/** How long operations take in one process. */
export async function* run(options: SuiteOptions): AsyncGenerator<Line> {
  const candidates = await allCandidates();
  const groups = (options.full ? allSettings() : briefSettings).map((setting): Group => {
    const peers = candidates.filter(
      (peer) => takesPart(peer, setting) && (options.full || inBrief(peer, setting)),
    );
    return { comparisons: comparisonsOf(setting, peers) };
  });
  yield* measureGroups('local', groups, options);
}

function takesPart({ name, limit, onlyStrings, style }: Candidate, { mix, keys, entries }: Setting): boolean {
  if (name.startsWith('cachex')) return false;
  if (mix === 'insert' && !limit) return false;
  if (keys === 'integer' && onlyStrings === true) return false;
  return style === 'sync' || entries <= standardEntries;
}

/** Those that are awaited are slower by an order of magnitude: without `--full` they are seen where a target names them. */
function inBrief(peer: Candidate, setting: Setting): boolean {
  if (peer.onlyFull === true) return false;
  return peer.style === 'sync' || targetOf(setting, peer) !== undefined;
}

/** The lines of a setting. */
export function comparisonsOf(setting: Setting, peers: readonly Candidate[]): Comparison[] {
  const { mix, keys, entries, node } = setting;
  const runOf = (candidate: string): Run => ({
    candidate,
    measurement: { kind: 'time', mix, keys, entries },
    ...(node === undefined ? {} : { node: node.executable }),
  });
  const ours = runOf('cachex');
  const base = { case: nameOf(setting), unit: 'ns/op', ours } as const;
  const comparisons: Comparison[] = peers.map((peer) => {
    const target = targetOf(setting, peer);
    return {
      ...base,
      peer: runOf(peer.name),
      peerName: peer.name,
      ...(target === undefined ? {} : { target }),
    };
  });
  if (entries !== standardEntries || keys === 'integer' || (mix !== 'hit' && mix !== 'overwrite')) {
    return comparisons;
  }
  const recorded = mix === 'hit' ? recordedCachex.getHit : recordedCachex.put;
  comparisons.push({
    ...base,
    unit: 'ops/s',
    convert: (ns) => nanoseconds / ns,
    peer: { constant: recorded },
    peerName: recordedCachex.name,
    target: targets.recorded,
  });
  if (keys !== 'fresh') return comparisons;
  for (const [what, target] of [
    ['stats', targets.stats],
    ['a hook', targets.hook],
  ] as const) {
    comparisons.push({
      case: `${base.case}, with ${what}`,
      unit: 'ns/op',
      ours: runOf(`cachex with ${what}`),
      peer: ours,
      peerName: `cachex without ${what}`,
      target,
    });
  }
  return comparisons;
}
