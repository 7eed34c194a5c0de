// Writes into documents what the packages export: the values of each subpath of their package.json, with the first sentence of
// their doc comments, and the options of the functions that take some. With --check it writes nothing and fails if a document
// tells something else.
import { readFileSync } from 'node:fs';
import ts from 'typescript';
import { fillSections } from './fill-sections.mjs';

/** The entries of a package: their names, and their sources. */
function entriesOf(path) {
  const folder = new URL(`../${path}/`, import.meta.url);
  const { name, exports } = JSON.parse(readFileSync(new URL('package.json', folder), 'utf8'));
  return Object.entries(exports)
    .filter(([, target]) => typeof target === 'object')
    .map(([subpath, { default: file }]) => ({
      specifier: subpath.replace(/^\./, name),
      source: new URL(file.replace('/dist/', '/src/').replace(/\.js$/, '.ts'), folder).pathname,
    }));
}

const [router, cachex] = ['packages/router', 'packages/cachex'].map(entriesOf);

const program = ts.createProgram({
  rootNames: [...router, ...cachex].map(({ source }) => source),
  options: {
    module: ts.ModuleKind.NodeNext,
    target: ts.ScriptTarget.ES2023,
    allowImportingTsExtensions: true,
    // The sources, which are there before anything is built.
    paths: Object.fromEntries(router.map(({ specifier, source }) => [specifier, [source]])),
    noEmit: true,
    types: [],
  },
});
const checker = program.getTypeChecker();

/** The exports of a source that are there at run time, by name. */
function valuesOf(source) {
  const module = checker.getSymbolAtLocation(program.getSourceFile(source));
  return checker
    .getExportsOfModule(module)
    .map((symbol) => ({ symbol, declared: resolved(symbol) }))
    .filter(({ symbol, declared }) => declared.flags & ts.SymbolFlags.Value && !isType(symbol))
    .map(({ symbol, declared }) => ({ value: symbol.name, what: summaryOf(declared) }))
    .sort((one, other) => one.value.localeCompare(other.value));
}

const isType = ({ declarations }) => declarations.some(ts.isTypeOnlyImportOrExportDeclaration);

const resolved = (symbol) =>
  symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;

/** The first sentence of the doc comment, without its links. */
function summaryOf(symbol) {
  const text = ts.displayPartsToString(symbol.getDocumentationComment(checker));
  const [sentence] = text.replaceAll(/\s+/g, ' ').split(/(?<=\.)\s/);
  if (sentence === '') throw new Error(`${symbol.name} is exported, and has no doc comment`);
  return sentence.replaceAll(/\{@link (\w+)\}/g, '`$1`').replaceAll('|', '\\|');
}

function tableOf(head, rows) {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column].length)),
  );
  const line = (cells) => `| ${cells.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)];
}

function exportsOf(entries) {
  return entries.flatMap(({ specifier, source }, n) => {
    const rows = valuesOf(source).map(({ value, what }) => [`\`${value}\``, what]);
    return [...(n > 0 ? [''] : []), `**\`${specifier}\`**`, '', ...tableOf(['', ''], rows)];
  });
}

/** The members of a type that an entry exports, with all that their doc comments say: its options, or its methods. */
function membersOf(specifier, type, head = 'option') {
  const { source } = cachex.find((entry) => entry.specifier === specifier);
  const module = checker.getSymbolAtLocation(program.getSourceFile(source));
  const symbol = checker.getExportsOfModule(module).find(({ name }) => name === type);
  const properties = checker.getPropertiesOfType(checker.getDeclaredTypeOfSymbol(resolved(symbol)));
  const rows = properties
    // Neither symbols nor what is private.
    .filter(({ name }) => /^[a-z]/.test(name))
    .map((property) => [`\`${property.name}\``, commentOf(property)])
    .sort(([one], [other]) => one.localeCompare(other));
  return tableOf([head, ''], rows);
}

function commentOf(symbol) {
  // Of a method with several signatures, that of the first.
  const [first = symbol] = checker.getTypeOfSymbol(symbol).getCallSignatures();
  const told = symbol.flags & ts.SymbolFlags.Method ? first : symbol;
  const text = ts.displayPartsToString(told.getDocumentationComment(checker)).replaceAll(/\s+/g, ' ').trim();
  if (text === '') throw new Error(`${symbol.name} is public, and has no doc comment`);
  return text.replaceAll(/\{@link (\w+)\}/g, '`$1`').replaceAll('|', '\\|');
}

fillSections('packages/router/README.md', { exports: exportsOf(router) }, 'the sources');
fillSections(
  'docs/api.md',
  {
    exports: exportsOf(cachex),
    'options of createCache': membersOf('cachex', 'CacheOptions'),
    'options of join': membersOf('cachex/cluster', 'JoinOptions'),
    'options of node.cache': membersOf('cachex/cluster', 'ClusterCacheSettings'),
    'a node': membersOf('cachex/cluster', 'ClusterNode', 'member'),
  },
  'the sources',
);
