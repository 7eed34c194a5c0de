import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { CompatibilityReporter } from './scripts/compatibility-reporter.ts';
import { ConformanceReporter } from './scripts/conformance-reporter.ts';

const source = (path: string): string => fileURLToPath(new URL(`packages/${path}`, import.meta.url));

const tests = ['packages/*/test/**/*.test.ts', 'bench/test/**/*.test.ts', 'chaos/test/**/*.test.ts'];
/** Those that replace modules, which must be loaded for them alone. */
const mocking = ['packages/router/test/view-stores/*.test.ts'];
/** Those that take minutes, most of them spent waiting for real processes and servers to be missed. */
const faults = ['faults', 'rolling-restart', 'churn'].map(
  (name) => `packages/cachex/test/cluster/${name}.test.ts`,
);

/** Those beside programs of others: the hosts of the adapters, a browser, a shell; and services that are started and called. */
const hosts = [
  'packages/cachex/test/adapters/**/*.test.ts',
  'packages/cachex/test/cli/**/*.test.ts',
  'packages/cachex/test/dashboard/page.test.ts',
  'examples/*/test/**/*.test.ts',
];

/** What takes long begins first, so that nothing is waited for alone at the end. */
const slow = ['simulation.test', 'processes.test', 'every-step.test', 'nats.test'];

class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const found = slow.findIndex((name) => moduleId.includes(name));
      return found < 0 ? slow.length : found;
    };
    return (await super.sort(files)).sort((one, other) => rank(one) - rank(other));
  }
}

// Tests read the sources, so that a failing line is the line you edit; the few tests that start real processes use dist.
export default defineConfig({
  resolve: {
    alias: [
      { find: /^@cachex\/router$/, replacement: source('router/src/index.ts') },
      { find: /^@cachex\/router\/hash$/, replacement: source('router/src/hash.ts') },
      { find: /^@cachex\/router\/nats$/, replacement: source('router/src/nats.ts') },
      { find: /^@cachex\/router\/testing$/, replacement: source('router/src/testing/index.ts') },
      { find: /^cachex$/, replacement: source('cachex/src/index.ts') },
      { find: /^cachex\/bentocache$/, replacement: source('cachex/src/bentocache.ts') },
      { find: /^cachex\/cluster$/, replacement: source('cachex/src/cluster/index.ts') },
      { find: /^cachex\/kubernetes$/, replacement: source('cachex/src/kubernetes.ts') },
      { find: /^cachex\/keyv$/, replacement: source('cachex/src/keyv.ts') },
      { find: /^cachex\/express-rate-limit$/, replacement: source('cachex/src/express-rate-limit.ts') },
      { find: /^cachex\/express-session$/, replacement: source('cachex/src/express-session.ts') },
      { find: /^cachex\/nats$/, replacement: source('cachex/src/nats.ts') },
      { find: /^cachex\/opentelemetry$/, replacement: source('cachex/src/opentelemetry.ts') },
      { find: /^cachex\/prometheus$/, replacement: source('cachex/src/prometheus.ts') },
      { find: /^cachex\/unstorage$/, replacement: source('cachex/src/unstorage.ts') },
      { find: /^cachex\/undici$/, replacement: source('cachex/src/undici.ts') },
      { find: /^cachex\/next$/, replacement: source('cachex/src/next.ts') },
      { find: /^cachex\/testing$/, replacement: source('cachex/src/testing/index.ts') },
    ],
  },
  test: {
    reporters: ['default', new ConformanceReporter(), new CompatibilityReporter()],
    // No test asserts how fast it is; these only end one that hangs, on however slow a machine.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // One for each core, where by default one core is left alone.
    maxWorkers: '100%',
    // Simulated clusters make much that is dead a moment later.
    execArgv: ['--max-semi-space-size=64'],
    sequence: { sequencer: SlowFirst },
    projects: [
      // Loading everything anew for each file would take a tenth of the time; only what is mocked has to be.
      {
        extends: true,
        test: { name: 'plain', include: tests, exclude: [...mocking, ...faults, ...hosts], isolate: false },
      },
      { extends: true, test: { name: 'mocking', include: mocking } },
      { extends: true, test: { name: 'hosts', include: hosts, isolate: false } },
      { extends: true, test: { name: 'faults', include: faults } },
    ],
  },
});
