import { describe } from '../describe.ts';
import { CacheError } from '../errors.ts';
import { anything, checkOptions, flag, type OptionCheck } from '../parameters.ts';
import { watchCalls } from './calls.ts';
import { Histogram } from './histogram.ts';
import {
  cacheInstruments,
  callDuration,
  callFailures,
  durationBounds,
  nodeInstruments,
} from './instruments.ts';
import { Probe, reasonOf, type Sources } from './sources.ts';

/** A registry of `prom-client`, as far as it is used. */
export interface PrometheusRegistry {
  registerMetric(metric: never): void;
  removeSingleMetric(name: string): void;
}

/** Options of {@link prometheus}. */
export interface PrometheusOptions extends Sources {
  /** What all names begin with. Default: `'cachex'`. */
  readonly prefix?: string;
  /**
   * Whether calls are timed, by way of the tracing channels. A local cache that is created afterwards is slower for it. Default:
   * `true`.
   */
  readonly calls?: boolean;
  /** The upper bounds of the classes of durations, in seconds, ascending. */
  readonly buckets?: readonly number[];
  /** A registry of `prom-client` that has all of it as well. */
  readonly register?: PrometheusRegistry;
}

/** What {@link prometheus} answers. */
export interface PrometheusMetrics {
  /** What to send with the text as `content-type`. */
  readonly contentType: string;
  /** All metrics as they are now, in the text format of Prometheus. */
  text(): Promise<string>;
  /** Counts no more, and takes the metrics out of the registry. */
  close(): void;
}

/** One line of a metric. */
interface Sample {
  readonly metricName: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A metric in the form in which `prom-client` asks for it. */
interface Metric {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly aggregator: 'sum';
  readonly values: readonly Sample[];
}

const prefixCheck: OptionCheck = (option, input) => {
  if (typeof input === 'string' && /^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(input)) return input;
  throw new CacheError('INVALID_OPTION', `${option}: ${describe(input)} cannot begin the name of a metric`);
};

const bucketsCheck: OptionCheck = (option, input) => {
  const ascending = (bound: unknown, n: number, all: unknown[]): boolean =>
    typeof bound === 'number' &&
    bound > 0 &&
    bound < Number.POSITIVE_INFINITY &&
    (n === 0 || bound > (all[n - 1] as number));
  if (Array.isArray(input) && input.length > 0 && input.every(ascending)) return input;
  throw new CacheError('INVALID_OPTION', `${option}: give numbers of seconds that ascend`);
};

const checks: Readonly<Record<keyof PrometheusOptions, OptionCheck>> = {
  caches: anything,
  node: anything,
  prefix: prefixCheck,
  calls: flag,
  buckets: bucketsCheck,
  register: anything,
};

/**
 * Metrics of the caches of this process for Prometheus: what they hold and count, how long calls take, and how the node is. With
 * neither `caches` nor `node` only calls are measured, of all caches. Call it before local caches are created if their calls are
 * to be timed. Names and labels are few: `cache`, `action`, `code`, never a key. Bad options: `INVALID_OPTION`.
 */
export function prometheus(options: PrometheusOptions = {}): PrometheusMetrics {
  checkOptions('options', options, checks);
  const { prefix = 'cachex', calls = true, buckets = durationBounds, register } = options;
  const probe = new Probe(options);
  const timings = new Calls(probe, buckets);
  const stop = calls ? watchCalls({ ended: (...call) => timings.ended(...call) }) : () => {};
  const collectors = collectorsOf(prefix, probe, options.node !== undefined, calls ? timings : undefined);
  for (const { name, collect } of register === undefined ? [] : collectors)
    register!.registerMetric({ name, get: collect, reset: () => {} } as never);
  return {
    contentType: 'text/plain; version=0.0.4; charset=utf-8',
    async text() {
      const metrics = await Promise.all(collectors.map(({ collect }) => collect()));
      return `${metrics.map(written).join('\n\n')}\n`;
    },
    close() {
      stop();
      for (const { name } of collectors) register?.removeSingleMetric(name);
    },
  };
}

interface Collector {
  readonly name: string;
  collect(): Promise<Metric>;
}

function collectorsOf(
  prefix: string,
  probe: Probe,
  withNode: boolean,
  timings: Calls | undefined,
): Collector[] {
  const collector = (
    name: string,
    help: string,
    type: Metric['type'],
    read: (name: string) => Promise<readonly Sample[]>,
  ): Collector => ({
    name,
    collect: async () => ({ name, help, type, aggregator: 'sum', values: await read(name) }),
  });
  const caches = cacheInstruments.map(({ name, about, kind, unit, read }) => {
    const suffix = kind === 'counter' ? '_total' : unit === undefined ? '' : `_${unit}`;
    return collector(`${prefix}_${name}${suffix}`, about, kind, async (metricName) =>
      (await probe.caches()).flatMap((cache) => {
        const value = read(cache);
        return value === undefined ? [] : [{ metricName, labels: { cache: cache.name }, value }];
      }),
    );
  });
  const nodes = (withNode ? nodeInstruments : []).map(({ name, about, read }) =>
    collector(`${prefix}_${name}`, about, 'gauge', async (metricName) => {
      const status = probe.status();
      return status === undefined ? [] : [{ metricName, labels: {}, value: read(status) }];
    }),
  );
  if (timings === undefined) return [...caches, ...nodes];
  return [
    ...caches,
    ...nodes,
    collector(`${prefix}_${callDuration.name}_seconds`, callDuration.about, 'histogram', async (name) =>
      timings.durations(name),
    ),
    collector(`${prefix}_${callFailures.name}_total`, callFailures.about, 'counter', async (name) =>
      timings.failures(name),
    ),
  ];
}

/** Counts calls by cache and action, and failures by their reason as well. */
class Calls {
  readonly #probe: Probe;
  readonly #bounds: readonly number[];
  readonly #durations = new Map<string, { labels: Record<string, string>; histogram: Histogram }>();
  readonly #failures = new Map<string, { labels: Record<string, string>; count: number }>();

  constructor(probe: Probe, bounds: readonly number[]) {
    this.#probe = probe;
    this.#bounds = bounds;
  }

  ended(trace: Parameters<Probe['concerns']>[0], seconds: number): void {
    if (!this.#probe.concerns(trace)) return;
    const { cache, action } = trace;
    const id = JSON.stringify([cache, action]);
    let timing = this.#durations.get(id);
    if (timing === undefined) {
      timing = { labels: { cache, action }, histogram: new Histogram(this.#bounds) };
      this.#durations.set(id, timing);
    }
    timing.histogram.add(seconds);
    if (!('error' in trace)) return;
    const labels = { cache, action, code: reasonOf(trace.error) };
    const failure = this.#failures.get(JSON.stringify(labels)) ?? { labels, count: 0 };
    failure.count += 1;
    this.#failures.set(JSON.stringify(labels), failure);
  }

  durations(name: string): Sample[] {
    return [...this.#durations.values()].flatMap(({ labels, histogram }) => {
      const { bounds, cumulative, sum, count } = histogram;
      const below = bounds.map((bound, n) => ({
        metricName: `${name}_bucket`,
        labels: { ...labels, le: `${bound}` },
        value: cumulative[n]!,
      }));
      return [
        ...below,
        { metricName: `${name}_bucket`, labels: { ...labels, le: '+Inf' }, value: count },
        { metricName: `${name}_sum`, labels, value: sum },
        { metricName: `${name}_count`, labels, value: count },
      ];
    });
  }

  failures(metricName: string): Sample[] {
    return [...this.#failures.values()].map(({ labels, count }) => ({ metricName, labels, value: count }));
  }
}

/** A metric in the text format. */
function written({ name, help, type, values }: Metric): string {
  const lines = values.map(({ metricName, labels, value }) => {
    const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`);
    return `${metricName}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}`;
  });
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines].join('\n');
}

/** A label's text: names of caches may be anything. */
function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');
}
