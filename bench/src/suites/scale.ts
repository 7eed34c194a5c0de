import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import type { View } from '@cachex/router';
import { seeded } from '@cachex/router/testing';
import { type Line, ratioOf, type Unit } from '../line.ts';
import { median } from '../median.ts';
import { agedView, aMember, groupsOf, router } from '../scale/aged-view.ts';
import { heartbeatsOf } from '../scale/heartbeats.ts';
import type { LinkCost } from '../scale/links.ts';
import { decodeView, encodeView, join, Plan, planMoves } from '../scale/parts.ts';
import type { SuiteOptions } from '../suite.ts';
import { threadTimes } from '../thread-times.ts';

const sizes = { nodes: [10, 100, 1_000], partitions: [4_096, 16_384, 65_536] } as const;
/** More than the library is made for: what can be worked out shows what would have to change. */
const beyond = { nodes: 10_000, partitions: 65_536 } as const;

/** What figures are held against where there is no other program to compare with. */
const measures = {
  /** The largest message that a NATS server takes unless it is told otherwise, and so the largest value of its stores. */
  message: { name: 'a message of NATS', bytes: 1_048_576 },
  /** For so long everything else may wait, in ms. */
  block: { name: '10 ms', ms: 10 },
  network: { name: '1 % of 1 Gbit/s', bytes: 1_250_000 },
} as const;

/** Beside those of the moves: that the node is a member, and that it has opened the cache. */
const viewsOfAJoin = 2;

/** What grows with nodes and partitions. */
export async function* run({
  rounds,
  progress,
}: Pick<SuiteOptions, 'rounds' | 'progress'>): AsyncGenerator<Line> {
  for (const nodes of sizes.nodes) {
    for (const partitions of sizes.partitions) {
      progress(`scale: ${nodes} nodes, ${partitions} partitions`);
      yield* ofView(agedView(nodes, partitions), rounds);
    }
    yield* ofHeartbeats(agedView(nodes, sizes.partitions[0]));
    progress(`scale: the links of ${nodes} nodes`);
    yield* ofLinks(nodes, nodes === sizes.nodes.at(-1));
  }
  progress(`scale: ${beyond.nodes} nodes, ${beyond.partitions} partitions`);
  const view = agedView(beyond.nodes, beyond.partitions);
  yield* ofView(view, rounds);
  yield* ofHeartbeats(view);
}

export function* ofView(view: View, rounds: number): Generator<Line> {
  const [nodes, partitions] = [view.members.length, view.owners.length];
  const where = `${nodes} nodes, ${partitions} partitions`;
  const line = lineOf(where);
  const backed = withBackups(view);
  for (const [what, one] of [
    ['view', view],
    ['view with a backup of each partition', backed],
  ] as const) {
    const text = encodeView(one);
    const { message } = measures;
    yield line(what, 'bytes', Buffer.byteLength(text), message.bytes, message.name);
    yield line(`${what}, gzip`, 'bytes', gzipSync(text).length, Buffer.byteLength(text), 'not compressed');
  }
  const text = encodeView(backed);
  const joined = join(view, [aMember(nodes)], router);
  const { block } = measures;
  // What is known of a view is not found out again.
  const anew = (one: View): View => ({ ...one });
  const timed = (work: () => unknown): number => median(Array.from({ length: rounds }, () => took(work)));
  yield line(
    'writing a view',
    'ms',
    timed(() => encodeView(anew(backed))),
    block.ms,
    block.name,
  );
  yield line(
    'reading a view',
    'ms',
    timed(() => decodeView(text)),
    block.ms,
    block.name,
  );
  yield line(
    'planning a join',
    'ms',
    timed(() => planMoves(anew(joined), router)),
    block.ms,
    block.name,
  );
  const plan = new Plan({ ...view, redundancy: 1 });
  const share = Array.from({ length: Math.ceil(partitions / nodes) }, (_, partition) => partition);
  const wanted = timed(() => share.map((partition) => plan.wanted(partition)));
  yield line('planning the backups of one node', 'ms', wanted, block.ms, block.name);
  const moves = planMoves(joined, router);
  const fewest = Math.floor(partitions / (nodes + 1));
  const moved = 'partitions moved at a join';
  yield line(moved, 'partitions', moves.length, fewest, 'the fewest that balance allows');
  yield line(moved, 'partitions', moves.length, movedByModulo(nodes, partitions), 'hash modulo nodes');
  const views = groupsOf(moves, partitions).length + viewsOfAJoin;
  yield line('views published at a join', 'views', views, moves.length + viewsOfAJoin, 'one a partition');
}

export function* ofHeartbeats(view: View): Generator<Line> {
  const nodes = view.members.length;
  const line = lineOf(`${nodes} nodes`);
  const one = heartbeatsOf(view);
  const { network } = measures;
  yield line(
    'signs of life that a node sends',
    'messages/s',
    one.messages,
    nodes - 1,
    'one to each other node',
  );
  yield line('bytes of signs of life that a node sends', 'bytes/s', one.bytes, network.bytes, network.name);
  yield line('the same in packets of TLS', 'bytes/s', one.packetBytes, network.bytes, network.name);
}

/** Each link takes the same memory: it is measured where they are most, so that nothing else is seen. */
async function* ofLinks(nodes: number, most: boolean): AsyncGenerator<Line> {
  const line = lineOf(`${nodes} nodes`);
  const peerName = 'bare sockets';
  const [one, other] = [await linksOf('cachex', nodes - 1), await linksOf(peerName, nodes - 1)];
  if (most) yield line('memory for each other node', 'bytes', one.bytes, other.bytes, peerName);
  yield line('processor for signs of life', 'ms/s', one.cpu, other.cpu, peerName);
}

const child = fileURLToPath(new URL('../scale/link-child.js', import.meta.url));

async function linksOf(kind: string, count: number): Promise<LinkCost> {
  const args = ['--expose-gc', child, kind, String(count)];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return JSON.parse(stdout);
}

function lineOf(where: string) {
  return (what: string, unit: Unit, ours: number, peer: number, peerName: string): Line => ({
    suite: 'scale',
    case: `${what}, ${where}`,
    ours: rounded(ours),
    peer: rounded(peer),
    peerName,
    ratio: rounded(ratioOf(unit, ours, peer)),
    unit,
  });
}

/** What is counted is told exactly; more digits than these would tell nothing of what is measured. */
function rounded(figure: number): number {
  return Number.isInteger(figure) ? figure : Number(figure.toPrecision(4));
}

/** The view with one copy of each partition, scattered over the other members, as they are wanted. */
export function withBackups(view: View): View {
  const random = seeded(2);
  const other = (owner: string | null): readonly string[] => {
    const { id } = view.members[Math.floor(random() * view.members.length)]!;
    return id === owner ? other(owner) : [id];
  };
  return { ...view, redundancy: 1, backups: view.owners.map(other) };
}

function movedByModulo(nodes: number, partitions: number): number {
  return Array.from({ length: partitions }, (_, n) => n).filter((n) => n % nodes !== n % (nodes + 1)).length;
}

const times = threadTimes();

/** In ms, without what others had the processor for. */
function took(work: () => unknown): number {
  const waited = (): number => times()?.waited ?? 0;
  const [began, waitedBefore] = [performance.now(), waited()];
  work();
  return performance.now() - began - (waited() - waitedBefore);
}
