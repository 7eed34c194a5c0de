import type { ClusterNode, NodeStatus, NodeVitals, View } from '../cluster/index.ts';
import { showDuration } from './texts.ts';

/** What was looked at, whether it is as it should be, and what to do if not. */
export interface Finding {
  readonly check: string;
  readonly verdict: 'ok' | 'warning' | 'problem';
  readonly says: string;
  readonly advice?: string;
}

/** One node, as it answered. */
export interface Examined {
  readonly vitals: NodeVitals;
  /** How long the fastest answer took, in ms. */
  readonly roundTrip: number;
  /** By how much its wall clock is ahead of that of this program, in ms. */
  readonly ahead: number;
}

/** Wall clocks may differ by so many ms. */
const clockTolerance = 500;
/** An event loop may be late by so many ms, one time in a hundred. */
const loopTolerance = 100;
/** An answer may take so many ms. */
const roundTripTolerance = 50;

/** Asks a node some times, and answers with the best of it. */
export async function examine(node: ClusterNode, id: string, timeout: number): Promise<Examined> {
  let best: Examined | undefined;
  for (let n = 0; n < 5; n += 1) {
    const [wallTime, begin] = [Date.now(), performance.now()];
    const vitals = await node.vitals({ node: id, timeout });
    const roundTrip = performance.now() - begin;
    // The answer was most likely made half-way.
    const ahead = vitals.process.wallTime - (wallTime + roundTrip / 2);
    if (best === undefined || roundTrip < best.roundTrip) best = { vitals, roundTrip, ahead };
  }
  return best!;
}

/** Whether nodes answer, and how fast. */
export function reachability(ids: readonly string[], examined: ReadonlyMap<string, Examined>): Finding[] {
  const silent = ids.filter((id) => !examined.has(id));
  const unreached = [...examined.values()].flatMap(({ vitals }) =>
    vitals.unreached.filter((id) => ids.includes(id)).map((id) => `${vitals.id} to ${id}`),
  );
  const slow = [...examined.values()].filter(({ roundTrip }) => roundTrip > roundTripTolerance);
  const slowest = Math.max(0, ...[...examined.values()].map(({ roundTrip }) => roundTrip));
  return [
    silent.length === 0
      ? ok('answers', `all ${ids.length} nodes answer`)
      : problem(
          'answers',
          `no answer from ${silent.join(', ')}`,
          'look at their processes; if one never comes back: cachex forget <node>',
        ),
    unreached.length === 0
      ? ok('links', 'every node has a link to every other')
      : problem(
          'links',
          `no link from ${unreached.join(', ')}`,
          'look for firewalls and wrong addresses (`advertise`) between them',
        ),
    slow.length === 0
      ? ok('round trip', `at most ${showDuration(slowest)}`)
      : warning(
          'round trip',
          `${slow.map(({ vitals, roundTrip }) => `${vitals.id} ${showDuration(roundTrip)}`).join(', ')}`,
          'the node is busy, or far away',
        ),
  ];
}

/** Whether wall clocks agree. Nodes trust nobody’s, but users of `expireAt` and readers of logs do. */
export function clocks(examined: ReadonlyMap<string, Examined>): Finding {
  const all = [...examined.values()];
  const [least, most] = [
    Math.min(0, ...all.map(({ ahead }) => ahead)),
    Math.max(0, ...all.map(({ ahead }) => ahead)),
  ];
  const spread = most - least;
  if (spread <= clockTolerance)
    return ok('clocks', `within ${showDuration(Math.max(1, spread))} of each other`);
  const off = all.filter(({ ahead }) => Math.abs(ahead) > clockTolerance);
  const says = off.map(
    ({ vitals, ahead }) => `${vitals.id} ${ahead > 0 ? '+' : '-'}${showDuration(Math.abs(ahead))}`,
  );
  return warning(
    'clocks',
    `differ from this machine: ${says.join(', ')}`,
    'run an NTP client there: expireAt and logs go by these clocks',
  );
}

/** Whether event loops keep up. */
export function eventLoops(examined: ReadonlyMap<string, Examined>, { failureAfter }: View): Finding {
  const late = [...examined.values()].flatMap(({ vitals: { id, process } }) =>
    process.loopDelay === null ? [] : [{ id, ...process.loopDelay }],
  );
  if (late.length === 0) return ok('event loops', 'not watched yet');
  const hanging = late.filter(({ max }) => max > failureAfter / 2);
  const text = (each: (typeof late)[number]): string =>
    `${each.id} ${showDuration(each.p99)}, at worst ${showDuration(each.max)}`;
  if (hanging.length > 0)
    return problem(
      'event loops',
      `${hanging.map(text).join('; ')}`,
      `nodes that stop for ${showDuration(failureAfter)} are taken for dead: find what blocks them (node --cpu-prof)`,
    );
  const slow = late.filter(({ p99 }) => p99 > loopTolerance);
  if (slow.length > 0)
    return warning(
      'event loops',
      `${slow.map(text).join('; ')}`,
      'calls wait for what blocks them: look with node --cpu-prof',
    );
  return ok('event loops', `at most ${showDuration(Math.max(...late.map(({ max }) => max)))} late`);
}

/** Whether all are of one version. */
export function versions(
  examined: ReadonlyMap<string, Examined>,
  own: string,
  { members }: NodeStatus,
): Finding[] {
  const all = [...examined.values()].map(({ vitals }) => vitals);
  const protocols = [
    ...new Set(members.flatMap(({ protocol }) => (protocol === undefined ? [] : [protocol]))),
  ];
  return [
    same('cachex', [...all.map(({ id, process }) => [id, process.version] as const), ['this program', own]]),
    same(
      'Node.js',
      all.map(({ id, process }) => [id, process.runtime]),
    ),
    protocols.length <= 1
      ? ok('protocol', `version ${protocols[0] ?? 'unknown'}`)
      : warning(
          'protocol',
          `versions ${protocols.sort().join(', ')}`,
          'finish the deploy: nodes of several versions work together, with what the oldest knows',
        ),
  ];
}

/** Whether every partition is where it belongs, and every node has opened what it must to be given any. */
export function partitions(
  { unowned, underReplicated, moving, partitions: all }: NodeStatus,
  view: View,
  self: string,
): Finding[] {
  const names = Object.keys(view.caches);
  const closed = view.members.filter(
    ({ id, weight, opened }) => id !== self && weight > 0 && names.some((name) => !opened.includes(name)),
  );
  return [
    unowned === 0
      ? ok('owners', `each of ${all} partitions has one`)
      : problem('owners', `${unowned} partitions have none`, 'give a node a weight: cachex weight <node> 1'),
    underReplicated === 0
      ? ok('backups', view.redundancy === 0 ? 'none are wanted' : 'as many as there should be')
      : warning(
          'backups',
          `${underReplicated} partitions have too few`,
          'wait until they are copied, or start as many nodes as that takes',
        ),
    moving === 0
      ? ok('moves', 'nothing is on its way')
      : warning(
          'moves',
          `${moving} partitions are not where they belong`,
          'wait; look again with cachex status',
        ),
    closed.length === 0
      ? ok('caches', `${names.length} open at every node`)
      : warning(
          'caches',
          `${closed.map(({ id }) => id).join(', ')} has not opened all of ${names.join(', ')}`,
          'it is given no keys until it calls node.cache() for each',
        ),
  ];
}

function same(what: string, pairs: readonly (readonly [id: string, version: string])[]): Finding {
  const found = [...new Set(pairs.map(([, version]) => version))];
  if (found.length <= 1) return ok(what, found[0] ?? 'unknown');
  const says = found.map(
    (version) =>
      `${version} (${pairs
        .filter((pair) => pair[1] === version)
        .map(([id]) => id)
        .join(', ')})`,
  );
  return warning(what, says.join(', '), 'use one version everywhere once the deploy is over');
}

const ok = (check: string, says: string): Finding => ({ check, verdict: 'ok', says });
const warning = (check: string, says: string, advice: string): Finding => ({
  check,
  verdict: 'warning',
  says,
  advice,
});
const problem = (check: string, says: string, advice: string): Finding => ({
  check,
  verdict: 'problem',
  says,
  advice,
});
