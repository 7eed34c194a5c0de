// Writes packages/cachex/src/actions/index.ts from the files beside it: one action a file. With --check it writes nothing
// and fails if the file is not what it would write.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = new URL('../packages/cachex/src/actions/', import.meta.url);
const target = fileURLToPath(new URL('index.ts', folder));
const parameterBounds = { K: 'K extends Key', V: 'V', M: 'M extends Mode', F: 'F', C: 'C = CommandMap<V>' };

/** Names of actions that no constant can have. */
const reserved = ['export', 'import'];

/** Reads what the table needs to know of one action: its name, its interface, and the type parameters of that. */
function readAction(file) {
  const name = basename(file, '.ts');
  const text = readFileSync(new URL(file, folder), 'utf8');
  const type = name[0].toUpperCase() + name.slice(1);
  const declared = new RegExp(`^export interface ${type}<([^{]*)> \\{$`, 'm').exec(text);
  if (declared === null) throw new Error(`actions/${file} must export an interface ${type}<…>`);
  const constant = constantOf(name);
  if (!new RegExp(`^export const ${constant}: \\w+Action<`, 'm').test(text)) {
    throw new Error(`actions/${file} must export a const ${constant} of one of the action types`);
  }
  const parameters = declared[1].split(',').map((parameter) => parameter.trim().split(' ')[0]);
  const unknown = parameters.find((parameter) => !Object.hasOwn(parameterBounds, parameter));
  if (unknown !== undefined)
    throw new Error(`${type} in actions/${file} has a type parameter ${unknown}; use K, V, M, F, C`);
  return { name, constant, type, heritage: `${type}<${parameters.join(', ')}>` };
}

function constantOf(name) {
  return reserved.includes(name) ? `${name}Action` : name;
}

function table(actions) {
  const bounds = Object.values(parameterBounds).join(', ');
  return `// Written by \`npm run gen\` from the files of this folder. Do not edit.
import type { Key } from '@cachex/router/hash';
import type { Action, Mode } from '../action.ts';
import type { CommandMap } from '../commands.ts';
${actions.map(({ name, constant, type }) => `import { ${[constant, `type ${type}`].sort(byImportOrder).join(', ')} } from './${name}.ts';`).join('\n')}

/** The name of an action. Aliases are not among them. */
export type ActionName =
${actions.map(({ name }) => `  | '${name}'`).join('\n')};

/** Every action by its name. */
export const actions: Readonly<Record<ActionName, Action>> = {
${actions.map(({ name, constant }) => (name === constant ? `  ${name},` : `  ${name}: ${constant},`)).join('\n')}
};

/** The methods of a cache, those of every action. */
export interface Actions<${bounds}>
  extends ${actions.map(({ heritage }) => heritage).join(',\n    ')} {}
`;
}

/** Biome sorts the names of an import without regard to \`type\` and case, capitals first. */
function byImportOrder(a, b) {
  const [left, right] = [a.replace('type ', ''), b.replace('type ', '')];
  const order =
    left.toLowerCase() < right.toLowerCase() ? -1 : left.toLowerCase() > right.toLowerCase() ? 1 : 0;
  return order || (left < right ? -1 : 1);
}

const files = readdirSync(folder)
  .filter((file) => file.endsWith('.ts') && file !== 'index.ts')
  .sort();
const text = table(files.map(readAction));

if (!process.argv.includes('--check')) {
  writeFileSync(target, text);
} else if (present() !== text) {
  console.error('packages/cachex/src/actions/index.ts is stale: run `npm run gen` and commit the result.');
  process.exitCode = 1;
}

function present() {
  try {
    return readFileSync(target, 'utf8');
  } catch {
    return '';
  }
}
