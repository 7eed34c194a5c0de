import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Reporter, TestCase, TestModule, TestSuite, Vitest } from 'vitest/node';
import type { Compatibility } from '../packages/cachex/test/adapters/compatibility.ts';

const root = fileURLToPath(new URL('../', import.meta.url));
const folder = 'packages/cachex/test/adapters/';
/** Where tests of adapters are: all of them together make the document. */
const folders = [folder, 'examples/next/test/'];
const target = `${root}docs/compatibility.md`;

/** One line of the document, while it is counted. */
interface Row extends Compatibility {
  readonly file: string;
  passed: number;
  ran: number;
}

/**
 * Once the tests of all adapters have run it writes docs/compatibility.md from what they showed, or, unless
 * COMPATIBILITY=write is set, fails the run if the document says something else.
 */
export class CompatibilityReporter implements Reporter {
  #filtered = false;

  onInit({ config }: Vitest): void {
    this.#filtered = config.testNamePattern !== undefined;
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    const ran = modules.filter(({ moduleId }) => folders.some((each) => moduleId.startsWith(root + each)));
    const there = folders.flatMap((each) =>
      readdirSync(root + each, { recursive: true, encoding: 'utf8' }).filter((name) =>
        name.endsWith('.test.ts'),
      ),
    );
    // Where some were left out on purpose, the document is not what is asked about.
    if (this.#filtered || ran.length < there.length) return;
    const text = documentOf(rowsOf(ran));
    if (process.env.COMPATIBILITY === 'write') {
      writeFileSync(target, text);
    } else if (ran.length > 0 && present() !== text) {
      console.error('docs/compatibility.md does not tell what the tests showed: run `npm run compatibility`');
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

function rowsOf(modules: readonly TestModule[]): Row[] {
  const rows = new Map<string, Row>();
  for (const module of modules) {
    const file = module.moduleId.slice(root.length);
    for (const test of module.children.allTests()) {
      const told = toldBy(test, file);
      const place = JSON.stringify([told.host, told.suite, told.setUp, file]);
      const row = rows.get(place) ?? { ...told, file, passed: 0, ran: 0 };
      rows.set(place, row);
      const { state } = test.result();
      const count = told.tests ?? 1;
      if (state !== 'skipped') row.ran += count;
      if (state === 'passed') row.passed += count;
    }
  }
  const order = ({ host, suite, setUp }: Row): string => `${host}\n${suite}\n${setUp}`;
  return [...rows.values()].sort((one, other) => (order(one) < order(other) ? -1 : 1));
}

/** What a test says of itself, or what its place in the tree of tests tells. */
function toldBy(test: TestCase, file: string): Compatibility {
  const { compatibility } = test.meta() as { compatibility?: Compatibility };
  if (compatibility !== undefined) return compatibility;
  const names: string[] = [];
  for (let at: TestCase | TestSuite | TestModule = test; at.type !== 'module'; at = at.parent)
    names.unshift(at.name);
  const place = file.slice(folder.length).split('/');
  const host = place.length > 1 ? place[0]! : basename(file, '.test.ts');
  const told = names.slice(0, -1).join(' ');
  const setUp = /three|cluster/i.test(told) ? 'three processes' : /local/i.test(told) ? 'local' : '';
  return { host, suite: 'our own tests', setUp };
}

/** The package that is installed under a name, which may be an alias. */
function installed(host: string): { name: string; version: string } {
  try {
    return JSON.parse(readFileSync(`${root}node_modules/${host}/package.json`, 'utf8'));
  } catch {
    return { name: host, version: '' };
  }
}

function documentOf(rows: readonly Row[]): string {
  const cells = (list: readonly string[]): string => `| ${list.join(' | ')} |`;
  const sum = (field: 'passed' | 'ran'): number => rows.reduce((total, row) => total + row[field], 0);
  const hosts = new Set(rows.map(({ host }) => host));
  return [
    '# Compatibility',
    '',
    '<!-- Written by `npm run compatibility`, from what the tests showed. Do not edit. -->',
    '',
    'The adapters for other libraries, and the suites of tests that each has passed: those that the library itself brings, where it',
    `has one, unmodified, and our own. ${sum('passed')} of ${sum('ran')} tests passed. Packages: ${hosts.size}.`,
    '',
    '`local` is a cache in one process. `three processes` is a cluster of three real processes, one of which runs the tests.',
    '',
    cells(['package', 'version', 'suite', 'set-up', 'passed', 'where']),
    cells(['---', '---', '---', '---', '---:', '---']),
    ...rows.map(({ host, suite, setUp, passed, ran, file }) => {
      const { name, version } = installed(host);
      return cells([
        `\`${name}\``,
        version,
        suite,
        setUp,
        `${passed} of ${ran}`,
        `[${file.replace(folder, '')}](../${file})`,
      ]);
    }),
    '',
  ].join('\n');
}
