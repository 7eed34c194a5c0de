import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const entry = fileURLToPath(new URL('../dist/index.js', import.meta.url));
const cluster = fileURLToPath(new URL('../dist/cluster/index.js', import.meta.url));
const prometheus = fileURLToPath(new URL('../dist/prometheus.js', import.meta.url));
const nats = fileURLToPath(new URL('../dist/nats.js', import.meta.url));
const adapter = (name: string): string => fileURLToPath(new URL(`../dist/${name}.js`, import.meta.url));

beforeAll(() => {
  execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '--build', 'packages/cachex'], {
    cwd: root,
  });
}, 120_000);

/** Every file that is loaded by importing one. */
function filesLoaded(file: string): string[] {
  const hooks = `
    import { writeSync } from 'node:fs';
    export async function load(url, context, next) {
      if (url.startsWith('file:')) writeSync(1, url + '\\n');
      return next(url, context);
    }`;
  const program = `
    import { register } from 'node:module';
    register('data:text/javascript,' + encodeURIComponent(${JSON.stringify(hooks)}));
    await import(${JSON.stringify(file)});`;
  const output = execFileSync(process.execPath, ['--input-type=module', '--eval', program], {
    encoding: 'utf8',
  });
  return output
    .split('\n')
    .filter((line) => line !== '')
    .map((url) => fileURLToPath(url));
}

describe('the main entry', () => {
  it('loads its own files and the hash of the router, nothing else', () => {
    const files = filesLoaded(entry);
    expect(files).toContain(entry);
    const foreign = files.filter((file) => !file.startsWith(`${root}packages/cachex/dist/`));
    expect(foreign.map((file) => file.slice(root.length))).toEqual(['packages/router/dist/hash.js']);
    expect(files.filter((file) => file.includes('/cluster/'))).toEqual([]);
  }, 30_000);

  it.each([
    ['createCache', entry],
    ['join', cluster],
    ['natsStore', nats],
    ['prometheus', prometheus],
    ['RateLimitStore', adapter('express-rate-limit')],
    ['SessionStore', adapter('express-session')],
    ['HttpCacheStore', adapter('undici')],
    ['createCacheHandler', adapter('next')],
    ['createKeyv', adapter('keyv')],
    ['cachexDriver', adapter('unstorage')],
    ['cachexBus', adapter('bentocache')],
  ])(
    'can be required: %s is there',
    (name, file) => {
      const script = `console.log(typeof require(${JSON.stringify(file)}).${name})`;
      expect(execFileSync(process.execPath, ['--no-warnings', '--eval', script], { encoding: 'utf8' })).toBe(
        'function\n',
      );
    },
    30_000,
  );
});

it.each([
  ['cachex/cluster', cluster],
  ['cachex/nats', nats],
])(
  '%s loads nothing of NATS before that is needed',
  (_name, file) => {
    const files = filesLoaded(file);
    expect(files).toContain(file);
    expect(files.filter((path) => path.includes('@nats-io'))).toEqual([]);
  },
  30_000,
);

it('cachex/cluster loads nothing of the dashboard before that is needed', () => {
  const files = filesLoaded(cluster);
  expect(files.filter((path) => path.includes('/dist/dashboard/'))).toEqual([]);
}, 30_000);
it.each([
  ['express-rate-limit', []],
  ['undici', []],
  ['next', []],
  // Its stores are derived from a class of its own.
  ['express-session', ['express-session']],
])(
  'cachex/%s loads its own files, the hash of the router, and of other packages what it must',
  (name, needed) => {
    const foreign = filesLoaded(adapter(name)).filter((file) => file.includes('/node_modules/'));
    const packages = foreign.map((file) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)![1]!);
    expect(needed.filter((each) => !packages.includes(each))).toEqual([]);
    if (needed.length === 0) expect(packages).toEqual([]);
  },
  30_000,
);

describe('the types that are published', () => {
  const source = `import type { Actions, Cache, FunctionMap } from '${entry}';
import type { ClusterCache, ClusterNode } from '${cluster}';
declare const local: Cache<string, number>;
declare const clustered: Actions<string, number, 'async', FunctionMap<string, number>>;
declare const facade: ClusterCache<string, number>;
declare const node: ClusterNode;
const inferred = node.cache('users', { functions: { load: async (key: string) => 5 } });
facade.get; facade.fetch; facade.local.get; inferred.get; inferred.fetch;
local.get; local.fetch; clustered.get; clustered.fetch;
`;
  const file = `${root}packages/cachex/test/hover.ts`;

  it('show the doc comments of methods in an editor, from both entries', () => {
    const service = ts.createLanguageService({
      getCompilationSettings: () => ({
        strict: true,
        target: ts.ScriptTarget.ES2023,
        module: ts.ModuleKind.NodeNext,
        moduleResolution: ts.ModuleResolutionKind.NodeNext,
        skipLibCheck: true,
        types: [],
      }),
      getScriptFileNames: () => [file],
      getScriptVersion: () => '1',
      getScriptSnapshot: (name) => {
        const text = name === file ? source : ts.sys.readFile(name);
        return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
      },
      getCurrentDirectory: () => root,
      getDefaultLibFileName: (options) => ts.getDefaultLibFilePath(options),
      fileExists: (name) => name === file || ts.sys.fileExists(name),
      readFile: (name) => (name === file ? source : ts.sys.readFile(name)),
    });
    const hover = (expression: string): string => {
      const at = source.lastIndexOf(`${expression};`) + expression.length - 1;
      const info = service.getQuickInfoAtPosition(file, at);
      return ts.displayPartsToString(info?.documentation);
    };
    for (const cache of ['local', 'clustered', 'facade', 'inferred']) {
      expect(hover(`${cache}.get`)).toContain('Reads the value of `key`: the value, or `undefined`');
      expect(hover(`${cache}.fetch`)).toContain('one load runs for a key at a time');
    }
    expect(hover('facade.local.get')).toContain('Reads the value of `key`');
  }, 60_000);
});
