import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { afterEach, expect, it } from 'vitest';
import { createCache } from '../../src/index.ts';
import { type OpenTelemetryOptions, opentelemetry } from '../../src/opentelemetry.ts';

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const each of undo.splice(0)) await each();
});

function telemetry(options: OpenTelemetryOptions = {}) {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const meterProvider = new MeterProvider({ readers: [reader] });
  const spans = new InMemorySpanExporter();
  const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] });
  undo.push(opentelemetry({ ...options, meterProvider, tracerProvider }), () => meterProvider.shutdown());
  return {
    spans,
    async points(name: string) {
      await reader.forceFlush();
      const scopes = exporter.getMetrics().at(-1)!.scopeMetrics;
      const found = scopes
        .flatMap(({ metrics }) => metrics)
        .find(({ descriptor }) => descriptor.name === name);
      return found?.dataPoints.map(({ attributes, value }) => ({ attributes, value }));
    },
  };
}

it('a span is made of each call, without its key', async () => {
  const { spans } = telemetry();
  const users = createCache<string, unknown>({ name: 'users' });
  users.put('secret', 'text');
  expect(() => users.incr('secret')).toThrow();
  await users.fetch('secret-2', async () => 5);
  const told = spans
    .getFinishedSpans()
    .map(({ name, kind, status, attributes }) => ({ name, kind, status, attributes }));
  const of = (action: string) => ({ 'cachex.cache': 'users', 'cachex.action': action });
  const ok = { code: SpanStatusCode.UNSET };
  expect(told).toEqual([
    { name: 'put users', kind: SpanKind.INTERNAL, status: ok, attributes: of('put') },
    {
      name: 'incr users',
      kind: SpanKind.INTERNAL,
      status: { code: SpanStatusCode.ERROR, message: 'NON_NUMERIC_VALUE' },
      attributes: { ...of('incr'), 'error.type': 'NON_NUMERIC_VALUE' },
    },
    { name: 'fetch users', kind: SpanKind.INTERNAL, status: ok, attributes: of('fetch') },
  ]);
});

it('what caches hold and count, and how long calls take, is told when it is asked for', async () => {
  const users = createCache<string, number>({ name: 'users', stats: true });
  const { points, spans } = telemetry({ caches: [users], spans: false });
  const same = createCache<string, number>({ name: 'users' });
  same.put('ada', 1);
  users.put('ada', 1);
  users.get('ada');
  const attributes = { 'cachex.cache': 'users' };
  expect(await points('cachex.hits')).toEqual([{ attributes, value: 1 }]);
  expect(await points('cachex.entries')).toEqual([{ attributes, value: 1 }]);
  expect(await points('cachex.call.duration')).toMatchObject([
    { attributes: { ...attributes, 'cachex.action': 'put' }, value: { count: 1 } },
  ]);
  expect(spans.getFinishedSpans()).toEqual([]);
});

it('nothing is told after the end', async () => {
  const { spans } = telemetry();
  for (const each of undo.splice(0)) await each();
  createCache<string, number>().put('ada', 1);
  expect(spans.getFinishedSpans()).toEqual([]);
});
