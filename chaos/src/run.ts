import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seeded } from '@cachex/router/testing';
import type { Loss } from 'cachex/testing';
import { type Fault, faults, fill, type Target } from './faults.ts';
import { Fleet } from './fleet.ts';
import { weighted } from './load.ts';
import { type CacheName, machineTime } from './messages.ts';
import { NatsServer } from './nats-server.ts';
import { NetworkProxy } from './network-proxy.ts';
import { type Judgement, Windows } from './windows.ts';

export interface RunOptions {
  readonly minutes: number;
  readonly seed: number;
  /** How many processes it begins with; there are never fewer than three, and never more than two above this. */
  readonly processes: number;
  /** Clients in each process. */
  readonly clients: number;
  /** Where views are kept; NATS if its server is installed, unless this says otherwise. */
  readonly store?: 'directory' | undefined;
  log(line: string): void;
}

/** What a run has come to. */
export interface Findings extends Judgement {
  readonly seed: number;
  readonly seconds: number;
  /** How often each fault has happened. */
  readonly faults: Readonly<Record<string, number>>;
  /** Why some could not. */
  readonly impossible: Readonly<Record<string, string>>;
  /** Processes that their cluster has removed though nobody had done anything to them. */
  readonly unexpected: number;
  /** Where views were kept. */
  readonly store: 'NATS' | 'directory';
  /** The largest process at the end, in bytes. */
  readonly memory: number;
}

/** So long after its end a window is judged: what was under way in it has ended, or its process was stopped. */
const grace = 20_000;
const failureAfter = 3_000;
const timeout = 5_000;
/** So long before its removal, in ms, and after it, a node that nobody had touched may have lost what it had. */
const around = 4 * failureAfter;

interface Interval {
  readonly from: number;
  /** None while it lasts. */
  to: number | undefined;
}

/** Lets faults happen to real processes under load, and judges every answer. */
export async function run(options: RunOptions): Promise<Findings> {
  const { minutes, seed, processes, clients, log } = options;
  const random = seeded(seed);
  // Its name is short because the path of a Unix socket must be.
  const directory = await mkdtemp(join(tmpdir(), 'chaos-'));
  const began = machineTime();
  const lossy: Interval[] = [];
  const losses = (cache: CacheName, from: number, to: number): readonly Loss[] => {
    const { removals } = fleet;
    const alone = removals.map((at): Interval => ({ from: at - around, to: at + around }));
    const some = cache === 'loose' ? [...lossy, ...alone] : overlaps([...lossy, ...alone]);
    return some
      .map((interval) => ({ from: interval.from, to: interval.to ?? machineTime() }))
      .filter((interval) => interval.from <= to && interval.to >= from);
  };
  const windows = new Windows(losses);
  const { found } = windows;
  const accuse = (violation: string): void => void found.violations.push(violation);
  const network = await NetworkProxy.listen(join(directory, 'proxy'));
  const server = options.store === 'directory' ? undefined : await NatsServer.start(directory);
  const fleet = new Fleet({
    ...{ directory, proxy: network.path, server: server?.url, clients, failureAfter, timeout },
    ...{ windows, random, log },
  });
  const disk = await smallDisk(directory);
  const happened: Record<string, number> = {};
  const impossible: Record<string, string> = {};
  const end = began + minutes * 60_000;
  const over = (): boolean => machineTime() >= end || found.violations.length > 0;
  const rest = async (ms: number): Promise<void> => {
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, Math.min(ms, end - machineTime()))));
  };
  const target: Target = {
    ...{ fleet, network, server, disk: disk?.path, random, rest, accuse },
    ...{ fewest: 3, most: processes + 2 },
  };

  const severely = async (fault: Fault): Promise<void> => {
    await fleet.whole();
    const interval: Interval = { from: machineTime(), to: undefined };
    if (fault.loses === true) lossy.push(interval);
    await fault.happen(target);
    await fleet.whole();
    interval.to = machineTime();
  };
  const strike = async (severe: boolean): Promise<void> => {
    const own = seeded(seed * 2 + (severe ? 1 : 0));
    const kinds = faults.filter((fault) => fault.severe === severe);
    while (!over()) {
      const fault = weighted(kinds, own);
      const why = fault.impossible(target);
      if (why !== undefined) {
        impossible[fault.name] = why;
        await rest(10);
        continue;
      }
      log(fault.name);
      happened[fault.name] = (happened[fault.name] ?? 0) + 1;
      await (severe ? severely(fault) : fault.happen(target));
      await rest(own() * 2_000);
    }
  };
  const audit = async (time: number): Promise<void> => {
    for (const { window, cache, keys } of windows.over(time)) {
      // Whoever reads may be stopped or killed meanwhile; then that was not read.
      await fleet
        .pick()
        ?.do('read', cache, window, keys)
        .catch(() => {});
    }
  };
  const judge = async (): Promise<void> => {
    while (!over()) {
      await rest(1_000);
      await audit(machineTime() - timeout);
      windows.judge(machineTime() - grace);
    }
  };

  try {
    await Promise.all(Array.from({ length: processes }, () => fleet.add()));
    await fleet.whole();
    await Promise.all(
      [strike(true), strike(false), judge()].map((work) => work.catch((error) => accuse(error.message))),
    );
    network.heal();
    if (found.violations.length === 0) await settle();
    const sizes = await Promise.all(fleet.members.map((member) => member.do('memory').catch(() => 0)));
    return {
      ...found,
      ...{ seed, seconds: Math.round((machineTime() - began) / 1_000), faults: happened, impossible },
      ...{ unexpected: fleet.unexpected, store: server === undefined ? 'directory' : 'NATS' },
      memory: Math.max(0, ...sizes),
    };
  } finally {
    await fleet.stop();
    await server?.kill();
    await network.close();
    disk?.remove();
    await rm(directory, { recursive: true, force: true });
  }

  /** When nothing happens any more: everything is read once more, and all that is left is judged. */
  async function settle(): Promise<void> {
    try {
      await fleet.whole();
      await Promise.all(fleet.members.map((member) => member.do('rest')));
      await audit(Number.POSITIVE_INFINITY);
    } catch (error) {
      accuse((error as Error).message);
    }
    windows.judge(Number.POSITIVE_INFINITY);
  }
}

/** The times in which there are two at once. */
function overlaps(intervals: readonly Interval[]): Interval[] {
  return intervals.flatMap((one, n) =>
    intervals.slice(n + 1).flatMap((other) => {
      const from = Math.max(one.from, other.from);
      const to = Math.min(one.to ?? Number.POSITIVE_INFINITY, other.to ?? Number.POSITIVE_INFINITY);
      return from < to ? [{ from, to: Number.isFinite(to) ? to : undefined }] : [];
    }),
  );
}

/** A file system without room, where this user may mount one. */
async function smallDisk(directory: string): Promise<{ path: string; remove(): void } | undefined> {
  const path = join(directory, 'disk');
  await mkdir(path);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=32k', 'tmpfs', path], { stdio: 'ignore' });
  } catch {
    return undefined;
  }
  await fill(path);
  return { path, remove: () => execFileSync('umount', [path]) };
}
