// Installs the packages as they would be published into empty projects, and runs the first programs of their documents there: in
// ES modules, in CommonJS, and in TypeScript that checks the types of all libraries. Nothing is fetched: what they depend on is
// packed from node_modules, and optional native code is left out.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import ts from 'typescript';
import { inTemporaryFolder, pack, packages, root, run } from './packing.mjs';

const dependencies = [...new Set((await Promise.all(packages.map(foreignDependencies))).flat())];
const typeDependencies = ['node_modules/@types/node', 'node_modules/undici-types'];

async function foreignDependencies(source) {
  const manifest = JSON.parse(await readFile(join(root, source, 'package.json'), 'utf8'));
  const names = Object.keys(manifest.dependencies ?? {});
  return names.filter((name) => name !== '@cachex/router').map((name) => `node_modules/${name}`);
}

/** The first program of each document, and what it says that it prints. */
const documents = [
  'README.md',
  'packages/cachex/README.md',
  'packages/router/README.md',
  'docs/membership.md',
  'docs/dashboard.md',
];

async function firstProgram(document) {
  const text = await readFile(join(root, document), 'utf8');
  const code = /^```(?:ts|js)\n(.*?)^```$/ms.exec(text)[1];
  const output = [...code.matchAll(/^\s*console\.log\(.*\); \/\/ (.*)$/gm)]
    .map(([, line]) => `${line}\n`)
    .join('');
  return { document, code, output };
}

const { version: ownVersion } = JSON.parse(
  await readFile(join(root, 'packages/cachex/package.json'), 'utf8'),
);

const programs = await Promise.all(documents.map(firstProgram));

/** Older versions of Node.js do not know `await using`. */
const target = ts.ScriptTarget.ES2022;

const projects = {
  'ES modules': {
    manifest: { type: 'module' },
    tarballs: [],
    sources: ({ code }, name) => ({ [`${name}.js`]: compiled(code, ts.ModuleKind.ESNext) }),
  },
  CommonJS: {
    manifest: { type: 'commonjs' },
    tarballs: [],
    sources: ({ code }, name) => ({ [`${name}.js`]: compiled(inFunction(code), ts.ModuleKind.CommonJS) }),
  },
  TypeScript: {
    manifest: { type: 'module' },
    tarballs: typeDependencies,
    sources: ({ code }, name) => ({ [`${name}.ts`]: code }),
    async build(folder) {
      const compilerOptions = {
        strict: true,
        skipLibCheck: false,
        module: 'nodenext',
        target: 'es2022',
        types: ['node'],
      };
      await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions }));
      await run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '--project', folder]);
    },
  },
};

function compiled(code, module) {
  return ts.transpileModule(code, { compilerOptions: { target, module } }).outputText;
}

/** Modules of CommonJS cannot await. */
function inFunction(code) {
  const lines = code.split('\n');
  const isImport = (line) => line.startsWith('import ');
  return [
    ...lines.filter(isImport),
    '(async () => {',
    ...lines.filter((line) => !isImport(line)),
    '})();',
  ].join('\n');
}

async function attempt(kind, folder, packed) {
  const { manifest, tarballs, sources, build } = projects[kind];
  await mkdir(folder);
  await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, ...manifest }));
  const wanted = [...packages, ...dependencies, ...tarballs].map((source) => packed.get(source));
  const flags = ['--offline', '--omit=optional', '--ignore-scripts', '--no-audit', '--no-fund'];
  await run('npm', ['install', ...flags, ...wanted], { cwd: folder });
  for (const [n, program] of programs.entries()) {
    for (const [file, code] of Object.entries(sources(program, `program-${n}`)))
      await writeFile(join(folder, file), code);
  }
  await build?.(folder);
  for (const [n, { document, output }] of programs.entries()) {
    // A cluster of its own: they meet in the temporary folder of the system.
    const env = { ...process.env, TMPDIR: folder };
    const printed = await run(process.execPath, [`program-${n}.js`], { cwd: folder, env, timeout: 60_000 });
    if (printed !== output)
      throw new Error(
        `${kind}: the first program of ${document} printed\n${printed}where it says\n${output}`,
      );
  }
  const version = await run(process.execPath, ['node_modules/.bin/cachex', '--version'], { cwd: folder });
  if (version.trim() !== ownVersion) throw new Error(`${kind}: cachex --version printed ${version}`);
  console.log(`${kind}: ${programs.length} programs ran as their documents say`);
}

await inTemporaryFolder(async (folder) => {
  const packed = new Map();
  for (const source of [...packages, ...dependencies, ...typeDependencies])
    packed.set(source, await pack(source, folder));
  for (const [n, kind] of Object.keys(projects).entries()) await attempt(kind, join(folder, `${n}`), packed);
});
