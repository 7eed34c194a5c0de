import type { Timer, View } from '@cachex/router';
import type { NodeVitals } from '../cluster/vitals.ts';
import { describeChange } from './changes.ts';
import { Colours } from './colours.ts';
import { countedBetween, latencyBetween, type Reading, ratesOf, unknownRates } from './figures.ts';
import type { CacheFrame, ChangeFrame, Frame, NodeFrame, PointFrame } from './frame.ts';
import { hotKeys, hotPartitions } from './hot.ts';
import { ringOf } from './ring.ts';
import { settingsInWords } from './settings-words.ts';
import type { DashboardSource } from './source.ts';

/** In ms: how often nodes are asked, and how long for an answer. */
const interval = 1_000;
const patience = 2_000;
/** Views that come within so many ms are told together. */
const together = 100;
/** Readings of a node that latencies are computed from: those of so many seconds. */
const readingsKept = 10;
const changesKept = 100;
const pointsKept = 240;

/** What a reader has seen. */
export interface Seen {
  epoch: number;
  /** How many points. */
  points: number;
}

type Heard = { readonly vitals: NodeVitals } | { readonly silent: string };

/** Asks all nodes how they are while somebody watches, and remembers what charts and lists show. */
export class Feed {
  readonly #source: DashboardSource;
  readonly #tell: () => void;
  readonly #colours = new Colours();
  readonly #changes: ChangeFrame[] = [];
  readonly #points: PointFrame[] = [];
  /** How many there were so far. */
  #pointed = 0;
  /** By incarnation, the newest last. */
  readonly #readings = new Map<string, Reading[]>();
  readonly #silent = new Map<string, string>();
  readonly #follow = (view: View): void => this.#changed(view);
  #view: View;
  /** What is shown now, for as long as it is so. */
  #now: Omit<Frame, 'mayAct' | 'points'> | undefined;
  #telling: Timer | undefined;
  #watched = false;
  #asking = false;

  /** `tell` is called whenever there is something to be shown. */
  constructor(source: DashboardSource, tell: () => void) {
    const { node, clock } = source;
    this.#source = source;
    this.#tell = tell;
    this.#view = node.view;
    this.#colours.follow(this.#view.members.map(({ id }) => id));
    const words = [`as it was when this began: ${this.#view.members.map(({ id }) => id).join(', ')}`];
    this.#changes.push({ epoch: this.#view.epoch, at: clock.wallTime(), words });
    node.on('view', this.#follow);
  }

  /** Somebody watches. */
  start(): void {
    this.#watched = true;
    if (!this.#asking) void this.#ask();
  }

  /** Nobody does: no node is asked any more. */
  stop(): void {
    this.#watched = false;
    this.#telling?.cancel();
    this.#telling = undefined;
    this.#readings.clear();
    this.#now = undefined;
  }

  close(): void {
    this.stop();
    this.#source.node.off('view', this.#follow);
  }

  /** What is to be shown to a reader; notes what it has seen with it. */
  frameFor(seen: Seen, mayAct: boolean): Frame {
    const view = this.#view;
    this.#now ??= this.#compose();
    const anew = seen.epoch !== view.epoch;
    const points = this.#points.slice(Math.max(0, this.#points.length - (this.#pointed - seen.points)));
    seen.epoch = view.epoch;
    seen.points = this.#pointed;
    return {
      ...{ ...this.#now, mayAct, points },
      ...(anew ? { ring: ringOf(view), changes: this.#changes } : {}),
    };
  }

  /** What is the same for all readers. */
  #compose(): Omit<Frame, 'mayAct' | 'points'> {
    const { node, clock } = this.#source;
    const view = this.#view;
    const { epoch, partitions, unowned, underReplicated, moving, members } = node.status();
    const heard = view.members.flatMap(({ incarnation }) => this.#newest(incarnation)?.vitals ?? []);
    const nodes = members.map((member): NodeFrame => {
      const { id, weight, build = null, up, opened } = member;
      return {
        ...{ id, weight, up, opened, build: build === null ? null : String(build) },
        ...{ owned: member.partitions, copies: member.backups, colour: this.#colours.of(id) },
        ...this.#figuresOf(id),
      };
    });
    return {
      ...{ at: clock.wallTime(), cluster: node.cluster, self: node.id },
      ...{ epoch, partitions, unowned, underReplicated, moving },
      ...{ router: view.router ?? null, redundancy: view.redundancy },
      ...{ nodes, caches: this.#caches() },
      ...{ hotKeys: hotKeys(heard, view), hotPartitions: hotPartitions(heard, view) },
    };
  }

  #changed(view: View): void {
    const words = describeChange(this.#view, view);
    this.#view = view;
    this.#now = undefined;
    this.#colours.follow(view.members.map(({ id }) => id));
    this.#changes.push({ epoch: view.epoch, at: this.#source.clock.wallTime(), words });
    if (this.#changes.length > changesKept) this.#changes.shift();
    if (!this.#watched) return;
    this.#telling ??= this.#source.clock.after(together, () => {
      this.#telling = undefined;
      this.#tell();
    });
  }

  /** Round after round, each a while after the one before is over: slow nodes are not asked ever more. */
  async #ask(): Promise<void> {
    this.#asking = true;
    while (this.#watched) {
      try {
        await this.#round();
      } catch {
        // What cannot be made sense of is asked for again; it must not end the application.
      }
      await new Promise<void>((resolve) => void this.#source.clock.after(interval, resolve));
    }
    this.#asking = false;
  }

  async #round(): Promise<void> {
    const { clock } = this.#source;
    const { members } = this.#view;
    const heard = await Promise.all(members.map(({ id }) => this.#askOne(id)));
    if (!this.#watched) return;
    const at = clock.now();
    members.forEach(({ id, incarnation }, n) => {
      const each = heard[n]!;
      if ('silent' in each) {
        this.#silent.set(id, each.silent);
        this.#readings.delete(incarnation);
      } else {
        this.#silent.delete(id);
        const readings = this.#readings.get(incarnation) ?? [];
        this.#readings.set(incarnation, [...readings, { at, vitals: each.vitals }].slice(-readingsKept));
      }
    });
    this.#forget();
    this.#point();
    this.#now = undefined;
    this.#tell();
  }

  async #askOne(id: string): Promise<Heard> {
    try {
      const vitals = await this.#source.node.vitals({ node: id, timeout: patience });
      return understood(vitals)
        ? { vitals }
        : { silent: 'it tells of itself in a way that is not known here' };
    } catch (error) {
      return { silent: (error as Error).message };
    }
  }

  /** Those that are gone. */
  #forget(): void {
    const { members } = this.#view;
    for (const incarnation of [...this.#readings.keys()])
      if (!members.some((member) => member.incarnation === incarnation)) this.#readings.delete(incarnation);
    for (const id of [...this.#silent.keys()])
      if (!members.some((member) => member.id === id)) this.#silent.delete(id);
  }

  #point(): void {
    const ids = this.#view.members.map(({ id }) => id);
    const figures = ids.map((id) => this.#figuresOf(id));
    this.#points.push({
      at: this.#source.clock.wallTime(),
      ids,
      calls: figures.map(({ calls }) => calls),
      hitRate: figures.map(({ hitRate }) => hitRate),
      latency: figures.map(({ latency }) => latency?.p99 ?? null),
      rss: figures.map(({ rss }) => rss),
      evictions: figures.map(({ evictions }) => evictions),
      delay: figures.map(({ delay }) => delay?.p99 ?? null),
    });
    this.#pointed += 1;
    if (this.#points.length > pointsKept) this.#points.shift();
  }

  #newest(incarnation: string): Reading | undefined {
    return this.#readings.get(incarnation)?.at(-1);
  }

  #figuresOf(
    id: string,
  ): Omit<NodeFrame, 'id' | 'colour' | 'weight' | 'build' | 'owned' | 'copies' | 'opened' | 'up'> {
    const incarnation = this.#view.members.find((member) => member.id === id)?.incarnation ?? '';
    const readings = this.#readings.get(incarnation) ?? [];
    const now = readings.at(-1);
    if (now === undefined)
      return {
        ...{ silent: this.#silent.get(id) ?? null, uptime: null, entries: null, ...unknownRates },
        ...{ latency: null, rss: null, heap: null, delay: null },
      };
    const before = readings.at(-2);
    const rates =
      before === undefined
        ? unknownRates
        : ratesOf(countedBetween(before.vitals, now.vitals), now.at - before.at);
    const { uptime, caches, process } = now.vitals;
    return {
      ...rates,
      silent: null,
      uptime,
      entries: Object.values(caches).reduce((sum, { entries }) => sum + entries, 0),
      latency: latencyBetween(readings[0]!.vitals, now.vitals),
      rss: process.rss,
      heap: process.heap,
      delay: process.loopDelay,
    };
  }

  #caches(): CacheFrame[] {
    const { caches, members } = this.#view;
    return Object.entries(caches).map(([name, settings]) => {
      const open = members.flatMap(({ id, incarnation }) => {
        const readings = this.#readings.get(incarnation) ?? [];
        const now = readings.at(-1);
        const vitals = now?.vitals.caches[name];
        return vitals === undefined ? [] : [{ id, now: now!, before: readings.at(-2), vitals }];
      });
      const pairs = open.flatMap(({ before, now }) =>
        before === undefined
          ? []
          : countedBetween(before.vitals, now.vitals, (each) => each === name).map((pair) => ({
              pair,
              ms: now.at - before.at,
            })),
      );
      const ms = pairs.reduce((sum, each) => sum + each.ms, 0) / pairs.length;
      const sizes = open.map(({ vitals }) => vitals.bytes);
      const functions = [...new Set(open.flatMap(({ vitals }) => vitals.functions))].sort();
      return {
        name,
        settings: [
          ...settingsInWords(settings),
          ...(functions.length === 0 ? [] : [['functions', functions.join(', ')] as const]),
        ],
        open: this.#source.openCache(name) !== undefined,
        entries: open.length === 0 ? null : open.reduce((sum, { vitals }) => sum + vitals.entries, 0),
        bytes: sizes.some((size) => size === null) || sizes.length === 0 ? null : sum(sizes as number[]),
        ...ratesOf(
          pairs.map(({ pair }) => pair),
          ms,
        ),
        uncounted: open.filter(({ vitals }) => vitals.stats === null).map(({ id }) => id),
      };
    });
  }
}

/** A node of another version may tell something else. */
function understood({ process, caches }: Partial<NodeVitals>): boolean {
  return typeof process?.rss === 'number' && typeof caches === 'object' && caches !== null;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((one, other) => one + other, 0);
}
