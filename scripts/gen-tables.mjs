// Writes the tables of compositions and operations, from the files of their folders: one export a file, of the name of the
// file. With --check it writes nothing and fails if a table is not what it would write.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';

const tables = [
  {
    folder: 'packages/cachex/src/cluster/compositions/',
    type: 'AnyComposition',
    from: '../composition.ts',
    what: 'How the actions that run at their caller are made of others, by name.',
  },
  {
    folder: 'packages/cachex/src/cluster/operations/',
    type: 'Operation',
    from: '../operation.ts',
    what: 'What nodes do for each other, by name.',
  },
];

/** Names of files that no constant can have. */
const reserved = ['export', 'import'];

function constantOf(name) {
  return reserved.includes(name) ? `${name}Composition` : name;
}

function textOf({ folder, type, from, what }) {
  const url = new URL(`../${folder}`, import.meta.url);
  const names = readdirSync(url)
    .filter((file) => file.endsWith('.ts') && file !== 'index.ts')
    .map((file) => basename(file, '.ts'))
    .sort();
  for (const name of names) {
    const text = readFileSync(new URL(`${name}.ts`, url), 'utf8');
    if (!new RegExp(`^export const ${constantOf(name)}: `, 'm').test(text))
      throw new Error(`${folder}${name}.ts must export a const ${constantOf(name)}`);
  }
  const table = basename(folder);
  const list =
    names.length === 0
      ? '{}'
      : `{\n${names.map((name) => (constantOf(name) === name ? `  ${name},\n` : `  ${name}: ${constantOf(name)},\n`)).join('')}}`;
  return `// Written by \`npm run gen\` from the files of this folder. Do not edit.
import type { ${type} } from '${from}';
${names.map((name) => `import { ${constantOf(name)} } from './${name}.ts';\n`).join('')}
/** ${what} */
export const ${table}: Readonly<Record<string, ${type}>> = ${list};
`;
}

for (const table of tables) {
  const target = fileURLToPath(new URL(`../${table.folder}index.ts`, import.meta.url));
  const text = textOf(table);
  if (!process.argv.includes('--check')) {
    writeFileSync(target, text);
  } else if (present(target) !== text) {
    console.error(`${table.folder}index.ts is stale: run \`npm run gen\` and commit the result.`);
    process.exitCode = 1;
  }
}

function present(target) {
  try {
    return readFileSync(target, 'utf8');
  } catch {
    return '';
  }
}
