import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Fleet, Member } from './fleet.ts';
import type { NatsServer } from './nats-server.ts';
import type { NetworkProxy } from './network-proxy.ts';

/** What faults are done to. */
export interface Target {
  readonly fleet: Fleet;
  readonly network: NetworkProxy;
  /** The server that keeps the views, if there is one. */
  readonly server: NatsServer | undefined;
  /** A file system of a few kilobytes, if one could be made. */
  readonly disk: string | undefined;
  readonly random: () => number;
  readonly fewest: number;
  readonly most: number;
  rest(ms: number): Promise<void>;
  accuse(violation: string): void;
}

export interface Fault {
  readonly name: string;
  readonly weight: number;
  /**
   * Whether it may take a node out of the cluster. One of these is over, and the cluster whole again, before the next begins:
   * more at a time would be more than one backup can bear. The others happen beside them.
   */
  readonly severe: boolean;
  /** Whether entries without a backup may be lost by it. */
  readonly loses?: boolean;
  /** Why it cannot be done now, or here. */
  impossible(target: Target): string | undefined;
  happen(target: Target): Promise<void>;
}

const always = (): undefined => undefined;
const tooFew = ({ fleet, fewest }: Target): string | undefined =>
  fleet.members.length <= fewest ? 'there would be too few processes' : undefined;
const between = ({ random }: Target, from: number, to: number): number => from + random() * (to - from);

/** Takes a process for something that may end with its removal; if it does, another one takes its place. */
async function touching(target: Target, work: (member: Member) => Promise<void>): Promise<void> {
  const { fleet } = target;
  const member = fleet.pick();
  if (member === undefined) return;
  member.touched = true;
  await work(member);
  // It learns of its removal from the first who answers it.
  await Promise.race([member.ended, fleet.whole()]);
  if (member.running) member.touched = false;
  else {
    await member.gone();
    await fleet.add(member.id);
  }
}

const othersThan = ({ fleet }: Target, { id }: Member): readonly string[] =>
  fleet.ids.filter((other) => other !== id);

/** What may happen. A new fault is one more here. */
export const faults: readonly Fault[] = [
  {
    ...{ name: 'a process joins', weight: 3, severe: true },
    impossible: ({ fleet, most }) =>
      fleet.members.length >= most ? 'there are as many processes as may be' : undefined,
    async happen({ fleet }) {
      await fleet.add();
    },
  },
  {
    ...{ name: 'a process leaves', weight: 3, severe: true, impossible: tooFew },
    async happen({ fleet, accuse }) {
      const member = fleet.pick()!;
      member.touched = true;
      const { lost } = await member.do('leave');
      await member.gone();
      if (lost > 0) accuse(`${member.id} has left ${lost} partitions behind`);
    },
  },
  {
    ...{ name: 'kill -9', weight: 4, severe: true, loses: true, impossible: always },
    async happen({ fleet, rest, random }) {
      const member = fleet.pick()!;
      member.touched = true;
      member.signal('SIGKILL');
      await member.gone();
      await rest(random() * 3_000);
      await fleet.whole();
      await fleet.add(member.id);
    },
  },
  {
    ...{ name: 'SIGSTOP, and SIGCONT later', weight: 3, severe: true, loses: true, impossible: always },
    happen: (target) =>
      touching(target, async (member) => {
        member.signal('SIGSTOP');
        await target.rest(between(target, 300, 10_000));
        member.signal('SIGCONT');
      }),
  },
  {
    ...{ name: 'a process is cut off', weight: 3, severe: true, loses: true, impossible: always },
    happen: (target) =>
      touching(target, async (member) => {
        const others = othersThan(target, member);
        target.network.cut([member.id], others);
        target.network.cut(others, [member.id]);
        await target.rest(between(target, 500, 10_000));
        target.network.heal([member.id], others);
        target.network.heal(others, [member.id]);
      }),
  },
  {
    ...{ name: 'a process is heard by nobody', weight: 2, severe: true, loses: true, impossible: always },
    happen: (target) =>
      touching(target, async (member) => {
        const others = othersThan(target, member);
        target.network.cut([member.id], others);
        await target.rest(between(target, 500, 8_000));
        target.network.heal([member.id], others);
      }),
  },
  {
    ...{ name: 'a slow link', weight: 3, severe: false, impossible: always },
    async happen(target) {
      const { fleet, network, rest } = target;
      const [one, other] = [fleet.pick(), fleet.pick()];
      if (one === undefined || other === undefined || one === other) return;
      network.slow([one.id], [other.id], between(target, 20, 150));
      await rest(between(target, 500, 5_000));
      network.slow([one.id], [other.id], 0);
    },
  },
  {
    ...{ name: 'an event loop stalls', weight: 3, severe: false, impossible: always },
    async happen(target) {
      await ask(target, (member) => member.do('stall', between(target, 50, 700)));
    },
  },
  {
    ...{ name: 'a wall clock is set', weight: 2, severe: false, impossible: always },
    async happen(target) {
      await ask(target, (member) => member.do('step', Math.round(between(target, -3_600_000, 3_600_000))));
    },
  },
  {
    ...{ name: 'the NATS server is killed and started again', weight: 2, severe: false },
    impossible: ({ server }) => (server === undefined ? 'views are kept in a directory' : undefined),
    async happen(target) {
      await target.server!.kill();
      await target.rest(between(target, 100, 4_000));
      await target.server!.restart();
    },
  },
  {
    ...{ name: 'a dump onto a full disk', weight: 2, severe: false },
    impossible: ({ disk }) => (disk === undefined ? 'no small file system could be mounted' : undefined),
    async happen(target) {
      const disk = target.disk!;
      await ask(target, async (member) => {
        const code = await member.do('dump', join(disk, 'dump'));
        if (code === undefined) target.accuse('a dump onto a full disk was acknowledged');
      });
      const left = (await readdir(disk)).filter((name) => name !== filler);
      if (left.length > 0) target.accuse(`a dump that had no room has left ${left.join()} behind`);
    },
  },
];

/** Asks a process for something; it may well end before it answers. */
async function ask(target: Target, work: (member: Member) => Promise<unknown>): Promise<void> {
  const member = target.fleet.pick();
  if (member === undefined || member.touched) return;
  try {
    await work(member);
  } catch (error) {
    if (member.running && !member.touched) throw error;
  }
}

const filler = 'filler';

/** Fills a disk to the last byte. */
export async function fill(disk: string): Promise<void> {
  for (let bytes = 64 * 1024; bytes >= 1; bytes = Math.floor(bytes / 2)) {
    try {
      for (;;) await writeFile(join(disk, filler), Buffer.alloc(bytes), { flag: 'a' });
    } catch (error) {
      if ((error as { code?: string }).code !== 'ENOSPC') throw error;
    }
  }
}
