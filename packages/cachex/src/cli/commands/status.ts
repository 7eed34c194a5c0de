import type { NodeStatus, NodeVitals } from '../../cluster/index.ts';
import { type AgreedSettings, cachesOf } from '../caches.ts';
import type { Command } from '../command.ts';
import type { Output } from '../output.ts';
import { showBytes, showDuration, showShare } from '../texts.ts';

export const status: Command = {
  name: 'status',
  about: 'who is in the cluster, who owns how much, and what is on its way',
  details: [
    'What the cluster has agreed on, and what each node that answers says of itself. A node is down if this program has no link to it.',
  ],
  arguments: [],
  options: [],
  joins: true,
  examples: ['status --cluster shop', 'status --cluster shop --json'],
  async run(_given, { connect, others, output, vitals }) {
    const node = await connect();
    const told = await vitals(await others());
    const seen = node.status();
    const caches = cachesOf(node);
    const members = seen.members.filter(({ id }) => id !== node.id);
    const { cluster, birth, epoch, partitions, unowned, underReplicated, moving } = seen;
    const nodes = members.map((member) => ({ ...member, vitals: told.get(member.id) ?? null }));
    const record = {
      cluster,
      birth,
      epoch,
      partitions,
      unowned,
      underReplicated,
      moving,
      members: nodes,
      caches,
    };
    output.result(record, () => [
      output.cut(
        `cluster ${cluster}: ${members.length} ${members.length === 1 ? 'node' : 'nodes'}, ${partitions} partitions, epoch ${epoch}`,
      ),
      ...condition(seen),
      '',
      ...memberTable(output, members, partitions, told),
      ...cacheTable(output, caches, members),
    ]);
    return undefined;
  },
};

function condition({ unowned, underReplicated, moving }: NodeStatus): string[] {
  const problems = [
    ...(unowned > 0 ? [`${unowned} partitions have no owner: their keys cannot be reached`] : []),
    ...(underReplicated > 0 ? [`${underReplicated} partitions have fewer backups than they should`] : []),
    ...(moving > 0 ? [`${moving} partitions are not yet where they belong`] : []),
  ];
  return problems.length === 0 ? ['every partition is where it belongs'] : problems;
}

function memberTable(
  output: Output,
  members: NodeStatus['members'],
  partitions: number,
  told: ReadonlyMap<string, NodeVitals>,
): string[] {
  const builds = members.some(({ build }) => build !== undefined);
  const columns = [
    { title: 'NODE' },
    { title: 'WEIGHT', right: true },
    { title: 'PARTITIONS', right: true },
    { title: 'SHARE', right: true },
    { title: 'BACKUPS', right: true },
    { title: 'ENTRIES', right: true },
    { title: 'MEMORY', right: true },
    ...(builds ? [{ title: 'BUILD' }] : []),
    { title: 'LINK' },
  ] as const;
  const rows = members.map(({ id, weight, partitions: owned, backups, build, up }) => {
    const vitals = told.get(id);
    return [
      id,
      `${weight}`,
      `${owned}`,
      showShare(owned / partitions),
      `${backups}`,
      vitals === undefined ? '-' : `${entriesOf(vitals)}`,
      vitals === undefined ? '-' : showBytes(vitals.process.rss),
      ...(builds ? [`${build ?? '-'}`] : []),
      up ? 'up' : 'DOWN',
    ];
  });
  return output.table(columns, rows);
}

function entriesOf({ caches }: NodeVitals): number {
  return Object.values(caches).reduce((sum, { entries }) => sum + entries, 0);
}

function cacheTable(
  output: Output,
  caches: Readonly<Record<string, AgreedSettings>>,
  members: NodeStatus['members'],
): string[] {
  const entries = Object.entries(caches);
  if (entries.length === 0) return ['', 'no caches are open'];
  const rows = entries.map(([name, { ttl, limit, backups }]) => [
    name,
    ttl === null ? 'for ever' : showDuration(ttl),
    limit === null ? 'none' : showLimit(limit),
    backups ? 'yes' : 'no',
    `${members.filter(({ opened }) => opened.includes(name)).length} of ${members.length}`,
  ]);
  const columns = [
    { title: 'CACHE' },
    { title: 'TTL' },
    { title: 'LIMIT OF EACH NODE' },
    { title: 'BACKED UP' },
    { title: 'OPEN AT' },
  ];
  return ['', ...output.table(columns, rows)];
}

function showLimit({ size, bytes, heap, policy }: NonNullable<AgreedSettings['limit']>): string {
  const parts = [
    ...(size === null ? [] : [`${size} entries`]),
    ...(bytes === null ? [] : [showBytes(bytes)]),
    ...(heap === null ? [] : [`${showShare(heap)} of the heap`]),
  ];
  return `${parts.join(', ')} (${policy})`;
}
