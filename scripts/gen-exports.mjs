// Writes into packages/router/README.md what the package exports: the values of each subpath of its package.json, with the
// first sentence of their doc comments. With --check it writes nothing and fails if the README tells something else.
import { readFileSync } from 'node:fs';
import ts from 'typescript';
import { fillSections } from './fill-sections.mjs';

const folder = new URL('../packages/router/', import.meta.url);
const { name, exports } = JSON.parse(readFileSync(new URL('package.json', folder), 'utf8'));

const entries = Object.entries(exports)
  .filter(([, target]) => typeof target === 'object')
  .map(([subpath, { default: file }]) => ({
    specifier: subpath.replace(/^\./, name),
    source: new URL(file.replace('/dist/', '/src/').replace(/\.js$/, '.ts'), folder).pathname,
  }));

const program = ts.createProgram({
  rootNames: entries.map(({ source }) => source),
  options: {
    module: ts.ModuleKind.NodeNext,
    target: ts.ScriptTarget.ES2023,
    allowImportingTsExtensions: true,
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

const sections = {
  exports: entries.flatMap(({ specifier, source }, n) => {
    const rows = valuesOf(source).map(({ value, what }) => [`\`${value}\``, what]);
    const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column].length)));
    const line = (cells) => `| ${cells.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`;
    return [
      ...(n > 0 ? [''] : []),
      `**\`${specifier}\`**`,
      '',
      line(['', '']),
      line(widths.map((width) => '-'.repeat(width))),
      ...rows.map(line),
    ];
  }),
};

fillSections('packages/router/README.md', sections, 'the sources');
