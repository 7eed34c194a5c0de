import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';

const folder = fileURLToPath(new URL('../manifests/', import.meta.url));
const program = readFileSync(new URL('../src/main.ts', import.meta.url), 'utf8');
const helper = readFileSync(new URL('../../../packages/cachex/src/kubernetes.ts', import.meta.url), 'utf8');

// biome-ignore lint/suspicious/noExplicitAny: what a manifest may be is for Kubernetes to say.
type Manifest = any;

/** The manifests of a file. Keys that are there twice, and the like, are errors. */
function manifests(file: string): Manifest[] {
  return parseAllDocuments(readFileSync(`${folder}${file}`, 'utf8'), { strict: true }).map((document) => {
    expect([...document.errors, ...document.warnings]).toEqual([]);
    return document.toJS();
  });
}

const apis: Readonly<Record<string, string>> = {
  ConfigMap: 'v1',
  Service: 'v1',
  PodDisruptionBudget: 'policy/v1',
  Deployment: 'apps/v1',
  StatefulSet: 'apps/v1',
};

const workload = (list: readonly Manifest[]): Manifest =>
  list.find(({ kind }) => kind === 'Deployment' || kind === 'StatefulSet');
const container = (list: readonly Manifest[]): Manifest => workload(list).spec.template.spec.containers[0];

/** The names under which the program reads its environment. */
function environmentOf(source: string): Set<string> {
  const named = [...source.matchAll(/const \{([^}]*)\} = process\.env/g)].flatMap(([, names]) =>
    names!.split(',').map((name) => name.split('=')[0]!.trim()),
  );
  return new Set(named);
}

describe.each(readdirSync(folder))('%s', (file) => {
  const list = manifests(file);

  it('is made of kinds that there are, each with a name that is its own', () => {
    for (const { apiVersion, kind, metadata } of list) {
      expect(apis[kind]).toBe(apiVersion);
      expect(metadata.name).toMatch(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/);
    }
    const names = list.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
    expect(new Set(names).size).toBe(names.length);
  });

  it('selects the pods that it makes', () => {
    const { spec } = workload(list);
    const { labels } = spec.template.metadata;
    expect(spec.selector.matchLabels).toEqual(labels);
    for (const each of list) {
      if (each.kind === 'Service') expect(each.spec.selector).toEqual(labels);
      if (each.kind === 'PodDisruptionBudget') expect(each.spec.selector.matchLabels).toEqual(labels);
    }
    for (const { labelSelector } of spec.template.spec.topologySpreadConstraints)
      expect(labelSelector.matchLabels).toEqual(labels);
  });

  it('names ports that the container has', () => {
    const { ports, readinessProbe, livenessProbe, startupProbe } = container(list);
    const names = ports.map(({ name }: Manifest) => name);
    for (const probe of [readinessProbe, livenessProbe, startupProbe])
      if (probe !== undefined) expect(names).toContain(probe.httpGet.port);
    for (const service of list.filter(({ kind }) => kind === 'Service')) {
      for (const { port, targetPort = port } of service.spec.ports) {
        const found = ports.find(
          ({ name, containerPort }: Manifest) => name === targetPort || containerPort === targetPort,
        );
        expect(found).toBeDefined();
      }
    }
  });

  it('mounts volumes that there are', () => {
    const { spec } = workload(list);
    const volumes = [
      ...(spec.template.spec.volumes ?? []).map(({ name }: Manifest) => name),
      ...(spec.volumeClaimTemplates ?? []).map(({ metadata }: Manifest) => metadata.name),
    ];
    const mounted = (container(list).volumeMounts ?? []).map(({ name }: Manifest) => name);
    expect([...mounted].sort()).toEqual([...volumes].sort());
  });

  it('has a headless service for a StatefulSet, which also knows pods that are not ready', () => {
    const { kind, spec } = workload(list);
    if (kind !== 'StatefulSet') return;
    const service = list.find((each) => each.kind === 'Service' && each.metadata.name === spec.serviceName);
    expect(service.spec).toMatchObject({ clusterIP: 'None', publishNotReadyAddresses: true });
    expect(spec.podManagementPolicy).toBe('Parallel');
  });
});

describe.each(['deployment.yaml', 'statefulset.yaml'])('the service of %s', (file) => {
  const list = manifests(file);
  const { spec } = workload(list);
  const { env, ports, readinessProbe, livenessProbe, lifecycle } = container(list);
  const variables = new Map<string, Manifest>(env.map((each: Manifest) => [each.name, each]));
  const value = (name: string): string => variables.get(name)?.value;

  it('is given what it reads, and nothing else', () => {
    const read = environmentOf(program);
    expect(read.size).toBeGreaterThan(5);
    for (const name of variables.keys())
      expect([name, read.has(name) || helper.includes(`'${name}'`)]).toEqual([name, true]);
    const needed =
      file === 'deployment.yaml' ? ['NATS'] : ['STATEFUL_SET', 'SERVICE', 'REPLICAS', 'DIRECTORY'];
    for (const name of ['POD_NAME', 'POD_IP', 'POD_NAMESPACE', 'SECRET', ...needed])
      expect([...variables.keys()]).toContain(name);
    const field = (name: string): string => variables.get(name).valueFrom.fieldRef.fieldPath;
    expect(field('POD_NAME')).toBe('metadata.name');
    expect(field('POD_IP')).toBe('status.podIP');
    expect(field('POD_NAMESPACE')).toBe('metadata.namespace');
    expect(variables.get('SECRET').valueFrom.secretKeyRef).toBeDefined();
  });

  it('listens where it is dialled', () => {
    const port = (name: string): string =>
      String(ports.find((each: Manifest) => each.name === name).containerPort);
    expect(port('http')).toBe(value('PORT'));
    expect(port('cache')).toBe(value('CACHE_PORT'));
  });

  it('is ready when its node is, and alive before', () => {
    expect(readinessProbe.httpGet).toEqual({ path: '/readyz', port: 'http' });
    expect(livenessProbe.httpGet).toEqual({ path: '/healthz', port: 'http' });
    for (const path of ['/readyz', '/healthz']) expect(program).toContain(`pathname === '${path}'`);
  });

  it('has the time to leave', () => {
    const [, within] = /leaveOnSignal\(node, \{ within: '(\d+)s' \}\)/.exec(program)!;
    const { seconds } = lifecycle.preStop.sleep;
    expect(spec.template.spec.terminationGracePeriodSeconds).toBeGreaterThan(seconds + Number(within));
    expect(seconds).toBeGreaterThan(readinessProbe.periodSeconds * readinessProbe.failureThreshold);
  });
});

it('the Deployment has a new pod ready before an old one leaves, and the NATS servers that there are', () => {
  const list = manifests('deployment.yaml');
  expect(workload(list).spec.strategy.rollingUpdate).toEqual({ maxSurge: 1, maxUnavailable: 0 });
  const nats = workload(manifests('nats.yaml'));
  const servers = Array.from(
    { length: nats.spec.replicas },
    (_, n) => `nats://${nats.metadata.name}-${n}.${nats.spec.serviceName}:4222`,
  );
  expect(container(list).env.find(({ name }: Manifest) => name === 'NATS').value).toBe(servers.join());
});

it('the StatefulSet tells its pods of itself', () => {
  const list = manifests('statefulset.yaml');
  const { metadata, spec } = workload(list);
  const { env, volumeMounts } = container(list);
  const value = (name: string): string => env.find((each: Manifest) => each.name === name).value;
  expect(value('STATEFUL_SET')).toBe(metadata.name);
  expect(value('SERVICE')).toBe(spec.serviceName);
  expect(value('REPLICAS')).toBe(String(spec.replicas));
  expect(value('DIRECTORY').startsWith(`${volumeMounts[0].mountPath}/`)).toBe(true);
});
