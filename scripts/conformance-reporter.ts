import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Reporter, TestCase, TestModule } from 'vitest/node';

const file = 'packages/cachex/test/conformance/conformance.test.ts';
const target = fileURLToPath(new URL('../docs/conformance.md', import.meta.url));

/** What a test says of itself. */
interface Shown {
  readonly plan: string;
  readonly promised: string;
  readonly fact: string;
  readonly here: string;
  readonly place: string;
}

/**
 * Once all tests of the plan have run it writes docs/conformance.md from what they showed, or, unless CONFORMANCE=write is
 * set, fails the run if the document says something else.
 */
export class ConformanceReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const module = modules.find(({ moduleId }) => moduleId.endsWith(file));
    const tests = [...(module?.children.allTests() ?? [])];
    // Where some were left out on purpose, the document is not what is asked about.
    if (tests.length === 0 || tests.some((test) => test.result().state === 'skipped')) return;
    const text = documentOf(tests);
    if (process.env.CONFORMANCE === 'write') {
      writeFileSync(target, text);
    } else if (present() !== text) {
      console.error('docs/conformance.md does not tell what the tests showed: run `npm run conformance`');
      process.exitCode = 1;
    }
  }
}

function present(): string {
  try {
    return readFileSync(target, 'utf8');
  } catch {
    return '';
  }
}

function documentOf(tests: readonly TestCase[]): string {
  const rows = new Map<string, { shown: Shown; passed: Set<string> }>();
  const places = new Set<string>();
  for (const test of tests) {
    const shown = test.meta() as unknown as Shown;
    places.add(shown.place);
    const row = rows.get(shown.plan) ?? { shown, passed: new Set() };
    rows.set(shown.plan, row);
    if (test.result().state === 'passed') row.passed.add(shown.place);
  }
  const cells = (list: readonly string[]): string => `| ${list.join(' | ')} |`;
  const everywhere = [...rows.values()].filter(({ passed }) => passed.size === places.size).length;
  return [
    '# Conformance',
    '',
    '<!-- Written by `npm run conformance`, from what the tests showed. Do not edit. -->',
    '',
    'Every function of the plan by which Elixir’s Cachex was to be distributed: what the plan promised for a cluster, what the',
    'original does there in fact (version 4.1.1, measured on BEAM nodes), and what it is here.',
    '',
    `${everywhere} of ${rows.size} are shown by a test that passes in all of these places:`,
    '',
    ...[...places].map((place, n) => `${n + 1}. ${place}`),
    '',
    `The tests are in [${file.split('/').at(-1)}](../${file}), each under its name in the plan; their bodies are in`,
    `[rows.ts](../${file.replace('conformance.test.ts', 'rows.ts')}). One of them:`,
    "`npx vitest run packages/cachex/test/conformance -t 'get/3'`.",
    '',
    cells(['the plan', 'promised', 'in fact', 'here', ...[...places].map((_, n) => `${n + 1}`)]),
    cells(['---', '---', '---', '---', ...[...places].map(() => ':-:')]),
    ...[...rows.values()].map(({ shown: { plan, promised, fact, here }, passed }) =>
      cells([
        `\`${plan}\``,
        promised,
        fact,
        here,
        ...[...places].map((place) => (passed.has(place) ? '✓' : '✗')),
      ]),
    ),
    '',
  ].join('\n');
}
