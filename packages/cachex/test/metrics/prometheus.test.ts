import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join as pathOf } from 'node:path';
import { Registry } from 'prom-client';
import { afterEach, expect, it } from 'vitest';
import { join } from '../../src/cluster/index.ts';
import { createCache } from '../../src/index.ts';
import { type PrometheusMetrics, prometheus } from '../../src/prometheus.ts';

const open: PrometheusMetrics[] = [];
afterEach(() => {
  for (const metrics of open.splice(0)) metrics.close();
});

function metricsOf(...args: Parameters<typeof prometheus>): PrometheusMetrics {
  const metrics = prometheus(...args);
  open.push(metrics);
  return metrics;
}

/** The value of a metric with these labels, as the registry has it. */
async function value(register: Registry, name: string, labels: object = {}): Promise<number | undefined> {
  const found = (await register.getMetricsAsJSON()).flatMap(
    ({ values }) =>
      values as unknown as {
        metricName: string;
        labels: object;
        value: number;
      }[],
  );
  return found.find(
    (each) => each.metricName === name && JSON.stringify(each.labels) === JSON.stringify(labels),
  )?.value;
}

it('a registry of prom-client has what caches hold and count', async () => {
  const register = new Registry();
  const users = createCache<string, number>({ name: 'users', stats: true });
  metricsOf({ caches: [users], register });
  users.put('ada', 1);
  users.get('ada');
  users.get('eve');
  const labels = { cache: 'users' };
  expect(await value(register, 'cachex_hits_total', labels)).toBe(1);
  expect(await value(register, 'cachex_misses_total', labels)).toBe(1);
  expect(await value(register, 'cachex_entries', labels)).toBe(1);
  expect(await value(register, 'cachex_entries_size_bytes', labels)).toBeUndefined();
});

it('calls are timed by cache and action, and failures counted by their code; no key is told', async () => {
  const register = new Registry();
  const metrics = metricsOf({ register, buckets: [0.001, 60] });
  const users = createCache<string, unknown>({ name: 'users' });
  users.put('secret-key', 'text');
  users.get('secret-key');
  users.get('secret-key');
  expect(() => users.incr('secret-key')).toThrow();
  const labels = { cache: 'users', action: 'get' };
  expect(await value(register, 'cachex_call_duration_seconds_count', labels)).toBe(2);
  expect(await value(register, 'cachex_call_duration_seconds_bucket', { ...labels, le: '60' })).toBe(2);
  expect(await value(register, 'cachex_call_duration_seconds_bucket', { ...labels, le: '+Inf' })).toBe(2);
  const failure = { cache: 'users', action: 'incr', code: 'NON_NUMERIC_VALUE' };
  expect(await value(register, 'cachex_call_failures_total', failure)).toBe(1);
  expect(await metrics.text()).not.toContain('secret');
});

it('the text is what prom-client writes', async () => {
  const register = new Registry();
  const users = createCache<string, number>({ name: 'us"er\\s\n', stats: true, limit: { bytes: '1mb' } });
  const metrics = metricsOf({ caches: [users], register });
  const other = createCache<string, number>({ name: 'us"er\\s\n' });
  other.put('ada', 1);
  expect(await metrics.text()).toBe(await register.metrics());
  expect(metrics.contentType).toBe(register.contentType);
});

it('a node is told of with all its caches, and nothing is left behind', async () => {
  const directory = await mkdtemp(pathOf(tmpdir(), 'cachex-'));
  const node = await join({ cluster: 'measured', directory, id: 'a' });
  const register = new Registry();
  try {
    const users = node.cache<string, number>('users', { stats: true });
    const metrics = metricsOf({ node, register, prefix: 'shop' });
    await users.put('ada', 1);
    await users.get('ada');
    expect(await value(register, 'shop_hits_total', { cache: 'users' })).toBe(1);
    expect(await value(register, 'shop_members')).toBe(1);
    expect(await value(register, 'shop_partitions_owned')).toBe(4096);
    const count = 'shop_call_duration_seconds_count';
    expect(await value(register, count, { cache: 'users', action: 'get' })).toBe(1);
    metrics.close();
    expect(register.getMetricsAsArray()).toEqual([]);
  } finally {
    await node.close();
    await rm(directory, { recursive: true });
  }
});

it('refuses what cannot be told apart, and what is no name', () => {
  const twice = [createCache(), createCache()];
  expect(() => prometheus({ caches: twice })).toThrow(/two have the name 'cache'/);
  expect(() => prometheus({ prefix: '9' })).toThrow(/prefix/);
  expect(() => prometheus({ buckets: [2, 1] })).toThrow(/buckets/);
  expect(() => prometheus({ prefx: 'x' } as never)).toThrow(/did you mean 'prefix'/);
});
