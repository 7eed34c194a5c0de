import { percentile } from '../report.ts';
import type { Pressed } from './pressing.ts';
import type { Probes } from './probing.ts';

/** What was seen of one way to ask for too much. */
export interface Observed {
  readonly name: string;
  /** Of each process that asked for too much. */
  readonly pressed: readonly Pressed[];
  /** What was answered by owners that were not asked for too much, before it and meanwhile. */
  readonly others: { readonly before: Probes; readonly meanwhile: Probes };
  /** What was answered by the one that was, before it, and from a second after it on. */
  readonly owner: { readonly before: Probes; readonly after: Probes };
  /** By how much the process grew that grew most, in bytes. */
  readonly growth: number;
}

export interface Bounds {
  /** That of calls, in ms. */
  readonly timeout: number;
  /** By how much a process may grow, in bytes. */
  readonly room: number;
}

export interface Limits {
  readonly inFlight: number;
  readonly queued: number;
}

/** How much later than its deadline a call may end, in ms: timers wait for their turn, on a machine that others use as well. */
const grace = 1_000;
/** How many times slower answers may become, and what is no slowness at all, in ms. */
const slower = { factor: 10, unnoticed: 100 };
/** Which part of the calls before must be answered after the load, in the same time. */
const recovered = 0.5;
/** What a call that waits takes in the heap of each end beside its bytes, at most. */
const callBytes = 4 * 1024;
/** What the heap and the allocator may take before they give anything back: its young generation, twice, and pages half used. */
const slack = 64 * 1024 * 1024;

/**
 * By how much a process may grow: at each link what waits to leave, twice as much of answers that are not read (then the link
 * goes), the bytes of calls that wait, and the calls themselves, as a caller and as an owner.
 */
export function roomOf({ inFlight, queued }: Limits, links: number): number {
  return links * (4 * queued + 2 * inFlight * callBytes) + slack;
}

/** What does not hold, a sentence each. */
export function judge(observed: Observed, { timeout, room }: Bounds): string[] {
  const { pressed, others, owner, growth } = observed;
  const codes = sum(pressed.map((each) => each.codes));
  const { OVERLOADED: refused = 0, TIMEOUT: late = 0, ...unfit } = codes;
  const foreign = Object.keys(unfit);
  const silent = pressed.reduce((all, each) => all + each.silent, 0);
  const longest = Math.max(...pressed.map((each) => each.longest));
  const said: [holds: boolean, otherwise: string][] = [
    [growth <= room, `a process grew by ${growth} bytes, where its links may hold ${room}`],
    [refused > 0, 'nobody was told OVERLOADED'],
    [late <= refused, `${late} calls were TIMEOUT, more than the ${refused} that were OVERLOADED`],
    [foreign.length === 0, `callers were told ${foreign.join()}`],
    [silent === 0, `${silent} calls have no outcome although their time is over`],
    [longest <= timeout + grace, `a call ended after ${longest} ms, where ${timeout} was its deadline`],
    [failures(others.meanwhile) === 0, `others failed: ${JSON.stringify(others.meanwhile.codes)}`],
    [
      holds(others.before, others.meanwhile),
      `others were slow: ${told(others.meanwhile)}, before: ${told(others.before)}`,
    ],
    [failures(owner.after) === 0, `after the load calls failed: ${JSON.stringify(owner.after.codes)}`],
    [
      holds(owner.before, owner.after),
      `it was slow after the load: ${told(owner.after)}, before: ${told(owner.before)}`,
    ],
    [
      throughput(owner.after) >= recovered * throughput(owner.before),
      `${throughput(owner.after)} calls a second were answered after the load, ${throughput(owner.before)} before`,
    ],
  ];
  return said.filter(([holds]) => !holds).map(([, otherwise]) => `${observed.name}: ${otherwise}`);
}

/** Calls answered in a second, of somebody who asks for one after another. */
export function throughput({ latencies, lasted }: Probes): number {
  return Math.round((latencies.length * 1_000) / lasted);
}

export function sum(counts: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const all: Record<string, number> = {};
  for (const [name, count] of counts.flatMap((each) => Object.entries(each)))
    all[name] = (all[name] ?? 0) + count;
  return all;
}

function failures({ codes }: Probes): number {
  return Object.values(codes).reduce((all, count) => all + count, 0);
}

/** Whether answers took about as long as before, the median and the slow ones. */
function holds(before: Probes, now: Probes): boolean {
  return [0.5, 0.99].every((share) => {
    const allowed = slower.factor * percentile(before.latencies, share);
    return (
      now.latencies.length > 0 && percentile(now.latencies, share) <= Math.max(slower.unnoticed, allowed)
    );
  });
}

function told({ latencies }: Probes): string {
  return `median ${percentile(latencies, 0.5)} ms, 99 of 100 within ${percentile(latencies, 0.99)} ms`;
}
