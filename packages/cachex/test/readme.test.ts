import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  brokenLinks,
  codeBlocks,
  programs,
  promisedOutput,
  root,
  typeErrors,
  Workshop,
} from '../../router/test/documents.ts';
import { actions } from '../src/actions/index.ts';

const actionPages = readdirSync(join(root, 'docs/actions'))
  .map((name) => `docs/actions/${name}`)
  .sort();
const withPrograms = [
  'README.md',
  'packages/cachex/README.md',
  'docs/adapters/bentocache.md',
  'docs/adapters/keyv.md',
  'docs/adapters/unstorage.md',
  'docs/adapters/express-rate-limit.md',
  'docs/adapters/express-session.md',
  'docs/adapters/next.md',
  'docs/adapters/undici.md',
  'docs/backups.md',
  'docs/commands.md',
  'docs/dashboard.md',
  'docs/deploys.md',
  'docs/discovery.md',
  'docs/disk.md',
  'docs/errors.md',
  'docs/expiry.md',
  'docs/hooks.md',
  'docs/kubernetes.md',
  'docs/limits.md',
  'docs/loading.md',
  'docs/membership.md',
  'docs/metrics.md',
  'docs/messages.md',
  'docs/nats.md',
  'docs/network.md',
  'docs/routers.md',
  'docs/static-nodes.md',
  'docs/near-cache.md',
  'docs/streaming.md',
  'docs/testing.md',
  'docs/transactions.md',
  'docs/index.md',
  'docs/values.md',
  'docs/walkthrough.md',
  'docs/warming.md',
  ...actionPages,
];
const others = [
  'ARCHITECTURE.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'CHANGELOG.md',
  'docs/command-line.md',
  'docs/api.md',
  'docs/comparison.md',
  'docs/compatibility.md',
  'docs/conformance.md',
  'docs/eviction.md',
  'docs/faq.md',
  'docs/invariants.md',
  'docs/operations.md',
  'docs/performance.md',
  'docs/scale.md',
  'docs/when-not.md',
  'packages/router/README.md',
  'examples/kubernetes/README.md',
  'examples/express/README.md',
  'examples/fastify/README.md',
  'examples/nearest-cities/README.md',
  'examples/nestjs/README.md',
  'examples/weights/README.md',
];

let workshop: Workshop;
beforeAll(async () => {
  workshop = await Workshop.open();
});
afterAll(() => workshop[Symbol.asyncDispose]());

const everyProgram = withPrograms.flatMap(programs);

it.concurrent.each(everyProgram.map((program) => [program.where, program] as const))(
  'the program at %s prints what it says',
  async (_where, program) => {
    const lines = promisedOutput(program);
    expect(lines).toHaveLength(program.code.split('console.log(').length - 1);
    expect(lines).not.toEqual([]);
    expect(await workshop.run(program)).toEqual([{ lines, complaints: '', code: 0 }]);
  },
  60_000,
);

it('the program of the README for many processes runs in three of them at once', async () => {
  const program = programs('README.md').find(({ info }) => info === 'js')!;
  const run = { lines: promisedOutput(program), complaints: '', code: 0 };
  expect(await workshop.run(program, 3)).toEqual([run, run, run]);
}, 60_000);

it('the programs of all documents have no type errors', () => {
  expect(typeErrors(everyProgram)).toEqual([]);
}, 60_000);

it.each([...withPrograms, ...others])('%s links to files that are there', (path) => {
  expect(brokenLinks(path)).toEqual([]);
});

describe('the pages of the actions', () => {
  const source = (file: string): string => readFileSync(join(root, file), 'utf8');

  it('are one for each action, and listed', () => {
    const pages = actionPages.map((path) => basename(path, '.md')).filter((name) => name !== 'README');
    expect(pages).toEqual(Object.keys(actions).sort());
    const list = source('docs/actions/README.md');
    for (const name of pages) expect(list).toContain(`[${name}](${name}.md)`);
  });

  it.each(Object.values(actions).map((action) => [action.name, action.aliases ?? []] as const))(
    '%s shows the signatures of its source',
    (name, aliases) => {
      const page = codeBlocks(`docs/actions/${name}.md`).find(({ info }) => info === 'ts signature');
      const signatures = localSignatures(source(`packages/cachex/src/actions/${name}.ts`));
      expect(page?.code.split('\n')).toEqual(signatures);
      for (const alias of aliases) expect(page?.code).toContain(`${alias}(`);
    },
  );
});

describe('docs/errors.md', () => {
  it('has a section for every code', () => {
    const text = readFileSync(join(root, 'docs/errors.md'), 'utf8');
    const source = readFileSync(join(root, 'packages/cachex/src/errors.ts'), 'utf8');
    const router = readFileSync(join(root, 'packages/router/src/errors.ts'), 'utf8');
    const codes = new Set(
      [...`${source}${router}`.matchAll(/^ {2}\| '([A-Z_]+)'/gm)].map(([, code]) => code!),
    );
    const sections = [...text.matchAll(/^### ([A-Z_]+)$/gm)].map(([, code]) => code!);
    expect(sections.sort()).toEqual([...codes].sort());
  });
});

/** What the methods of an action's interface look like in a local cache. */
function localSignatures(text: string): string[] {
  const body = /^export interface \w+<[^{]*> \{\n(.*?)^\}$/ms.exec(
    text.slice(text.search(/^export interface \w+<.*M extends Mode/m)),
  )![1]!;
  return body
    .replaceAll(/\/\*\*.*?\*\//gs, '')
    .split(';')
    .map((method) => method.trim())
    .filter((method) => method !== '')
    .map((method) =>
      method
        .replaceAll(/\s+/g, ' ')
        .replace('( ', '(')
        .replace(/,? \)/, ')')
        .replace('...rest: InvokeArguments<C[N], CallOptions[M]>', 'args?: CommandArguments<C[N]>')
        .replaceAll(/(, )?options\?: CallOptions\[M\]/g, '')
        .replaceAll(' & CallOptions[M]', '')
        .replace('WorkOn<V, Promise<V>>', '(value: V) => Promise<V>')
        .replace('WorkOn<V, V>', '((value: V) => V)')
        .replace('WorkOn<Actions<K, V, M, F, C>, R>', '(cache: Cache<K, V, F>) => R')
        .replace('WorkOn<KeyedActions<K, V, M, F, C>, R>', '(tx: KeyedActions<K, V>) => R')
        .replace('Worked<R>[M]', 'R')
        .replace(/\bReply<M, (.*)>$/, '$1')
        .replace(
          'UpdaterWork<K, V, Promise<Updated<V>>>',
          '(value: V | undefined, key: K) => Promise<Updated<V>>',
        )
        .replace('UpdaterWork<K, V, Updated<V>>', '(value: V | undefined, key: K) => Updated<V>')
        .replace(/Iteration<M, (.*)>$/, 'IterableIterator<$1>')
        .replace(/\(\s+/, '(')
        .replace(/,?\s+\)/, ')')
        .replace('NamedReply<M, V, F[N & keyof F]>', 'V | Promise<V>')
        .replace('FetchLoader<K, V, F>', '(keyof F & string) | Loader<K, V>')
        .replace('SyncLoaders<K, V>[M]', 'SyncLoader<K, V>'),
    );
}
