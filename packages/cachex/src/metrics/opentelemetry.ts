import {
  type Attributes,
  type MeterProvider,
  metrics,
  type ObservableResult,
  type Span,
  SpanKind,
  SpanStatusCode,
  type TracerProvider,
  trace,
} from '@opentelemetry/api';
import { packageVersion } from '../cluster/package-version.ts';
import { anything, checkOptions, flag, type OptionCheck } from '../parameters.ts';
import type { CallTrace } from '../tracing.ts';
import { watchCalls } from './calls.ts';
import { cacheInstruments, callDuration, durationBounds, nodeInstruments } from './instruments.ts';
import { Probe, reasonOf, type Sources } from './sources.ts';

/** Options of {@link opentelemetry}. */
export interface OpenTelemetryOptions extends Sources {
  /** Where meters come from. Default: the global one. */
  readonly meterProvider?: MeterProvider;
  /** Where tracers come from. Default: the global one. */
  readonly tracerProvider?: TracerProvider;
  /** Whether a span is made of each call. Default: `true`. */
  readonly spans?: boolean;
}

const checks: Readonly<Record<keyof OpenTelemetryOptions, OptionCheck>> = {
  caches: anything,
  node: anything,
  meterProvider: anything,
  tracerProvider: anything,
  spans: flag,
};

const library = 'cachex';

/**
 * Metrics and spans of the caches of this process for OpenTelemetry: what they hold and count, how long calls take, and how the
 * node is. With neither `caches` nor `node` only calls are told of, of all caches. Call it before local caches are created if
 * their calls are to be told of. Attributes are few: `cachex.cache`, `cachex.action`, `error.type`, and of spans `cachex.node`; never
 * a key. Returns how to stop. Bad options: `INVALID_OPTION`.
 */
export function opentelemetry(options: OpenTelemetryOptions = {}): () => void {
  checkOptions('options', options, checks);
  const { meterProvider = metrics, tracerProvider = trace, spans = true } = options;
  const version = packageVersion();
  const probe = new Probe(options);
  const meter = meterProvider.getMeter(library, version);
  const tracer = tracerProvider.getTracer(library, version);
  const durations = meter.createHistogram(`${library}.call.duration`, {
    description: callDuration.about,
    unit: 's',
    advice: { explicitBucketBoundaries: [...durationBounds] },
  });
  const running = new WeakMap<CallTrace, Span>();
  const stopWatching = watchCalls({
    begun(call) {
      if (spans && probe.concerns(call))
        running.set(
          call,
          tracer.startSpan(`${call.action} ${call.cache}`, {
            kind: call.node === undefined ? SpanKind.INTERNAL : SpanKind.CLIENT,
            // Of spans alone: nodes come and go, and each would be a series of its own.
            attributes: {
              ...attributesOf(call),
              ...(call.node === undefined ? {} : { 'cachex.node': call.node }),
            },
          }),
        );
    },
    ended(call, seconds) {
      if (!probe.concerns(call)) return;
      durations.record(seconds, {
        ...attributesOf(call),
        ...('error' in call ? { 'error.type': reasonOf(call.error) } : {}),
      });
      const span = running.get(call);
      if (span === undefined) return;
      if ('error' in call) {
        span.setAttribute('error.type', reasonOf(call.error));
        span.setStatus({ code: SpanStatusCode.ERROR, message: reasonOf(call.error) });
      }
      span.end();
    },
  });
  const caches = cacheInstruments.map(({ name, about, kind, unit, read }) => {
    const create = kind === 'counter' ? meter.createObservableCounter : meter.createObservableGauge;
    const description = { description: about, unit: unit === undefined ? '{entry}' : 'By' };
    const instrument = create.call(meter, `${library}.${name.replace('_', '.')}`, description);
    const observe = async (result: ObservableResult): Promise<void> => {
      for (const cache of await probe.caches()) {
        const value = read(cache);
        if (value !== undefined) result.observe(value, { 'cachex.cache': cache.name });
      }
    };
    instrument.addCallback(observe);
    return () => instrument.removeCallback(observe);
  });
  const nodes = (options.node === undefined ? [] : nodeInstruments).map(({ name, about, read }) => {
    const instrument = meter.createObservableGauge(`${library}.${name.replace('_', '.')}`, {
      description: about,
    });
    const observe = (result: ObservableResult): void => result.observe(read(probe.status()!));
    instrument.addCallback(observe);
    return () => instrument.removeCallback(observe);
  });
  return () => {
    stopWatching();
    for (const stop of [...caches, ...nodes]) stop();
  };
}

function attributesOf({ cache, action }: CallTrace): Attributes {
  return {
    'cachex.cache': cache,
    'cachex.action': action,
  };
}
