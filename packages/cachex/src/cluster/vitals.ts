import type { Clock, RoutedNode } from '@cachex/router';
import { describe, suggestion } from '../describe.ts';
import { type Duration, parseDuration } from '../duration.ts';
import { CacheError } from '../errors.ts';
import type { Engine } from '../local/engine.ts';
import type { CacheStats } from '../local/statistics.ts';
import { checkOptions, nameFrom } from '../parameters.ts';
import type { CallFigures, CallSample } from './call-sample.ts';
import { operationHandler } from './caller.ts';
import type { NearStatus } from './near-cache.ts';
import { type ProcessFigures, ProcessWatch } from './process-figures.ts';
import { nodeService } from './remote-control.ts';

/** Options of `vitals`. */
export interface VitalsOptions {
  /** The id of the node that is to answer. Default: this one. */
  node?: string;
  /** How long to wait for another node, in ms or as a duration string. Default: that of the node, 5 s. */
  timeout?: Duration;
}

/** What a node says of one of its caches. */
export interface CacheVitals {
  /** Entries in its memory, copies of other nodes' entries not counted. */
  readonly entries: number;
  /** Their bytes, as `limit` counts them; `null` without `limit.bytes`. */
  readonly bytes: number | null;
  /** Loads that are waited for here. */
  readonly loading: number;
  /** The names of its functions. */
  readonly functions: readonly string[];
  /** What was executed here; `null` unless the node opened it with `stats: true`. */
  readonly stats: CacheStats | null;
  /** What was called here; `null` unless the node opened it with `stats: true`. */
  readonly calls: CallFigures | null;
  readonly near: NearStatus | null;
}

/** What a node says of itself. */
export interface NodeVitals {
  readonly id: string;
  /** Milliseconds since it joined. */
  readonly uptime: number;
  readonly process: ProcessFigures;
  /** The ids of the members to which it has no link now. */
  readonly unreached: readonly string[];
  /** What it has opened, by name. */
  readonly caches: Readonly<Record<string, CacheVitals>>;
}

interface Observed {
  readonly engine: Engine;
  readonly calls: CallSample | undefined;
  readonly near: { readonly status: NearStatus } | undefined;
}

/** What this node says of itself when it is asked. */
export class Vitals {
  readonly #node: RoutedNode;
  readonly #clock: Clock;
  readonly #caches: ReadonlyMap<string, Observed>;
  readonly #process: ProcessWatch;
  readonly #since: number;

  constructor(node: RoutedNode, caches: ReadonlyMap<string, Observed>) {
    const { clock } = node;
    this.#node = node;
    this.#clock = clock;
    this.#caches = caches;
    this.#process = new ProcessWatch(clock);
    this.#since = clock.now();
  }

  read(): NodeVitals {
    return {
      id: this.#node.id,
      uptime: this.#clock.now() - this.#since,
      process: this.#process.read(),
      unreached: this.#node.status().members.flatMap(({ id, up }) => (up ? [] : [id])),
      caches: Object.fromEntries([...this.#caches].map(([name, each]) => [name, vitalsOf(each)])),
    };
  }

  close(): void {
    this.#process.close();
  }
}

function vitalsOf({ engine, calls, near }: Observed): CacheVitals {
  const { store, limits, loads, functions, statistics } = engine;
  return {
    entries: store.length,
    bytes: limits?.bytes ?? null,
    loading: loads.running,
    functions: functions.names,
    stats: statistics?.read() ?? null,
    calls: calls?.read() ?? null,
    near: near?.status ?? null,
  };
}

/** Asks the node that `options` name. */
export async function askVitals(
  node: RoutedNode,
  here: Vitals,
  options: VitalsOptions = {},
): Promise<NodeVitals> {
  const checked = checkOptions('options', options, { node: nameFrom, timeout: parseDuration });
  const { node: id = node.id, timeout } = checked as { node?: string; timeout?: number };
  if (id === node.id) return here.read();
  const member = node.view.members.find((each) => each.id === id);
  if (member === undefined) {
    const known = node.view.members.map((each) => each.id);
    const message = `node: ${describe(id)} is not in the cluster; ${suggestion(id, known)}`;
    throw new CacheError('INVALID_OPTION', message);
  }
  // Earlier versions are asked by way of a cache, and only so.
  const [cache] = member.opened;
  const asked =
    cache === undefined
      ? { service: nodeService, handler: 'vitals' }
      : { service: cache, handler: operationHandler('vitals') };
  return (await node.dispatch.callNode(id, {
    ...{ ...asked, args: [], repeatable: true, reads: true },
    ...(timeout === undefined ? {} : { timeout }),
  })) as NodeVitals;
}
