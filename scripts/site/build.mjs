// Builds the site from the documents of the repository: `npm run site` writes it to `site/`, which can be opened as it is, without
// a server. Fails if a link leads nowhere. `--out` and `--root` are for tests.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { framed, groupsOf } from './frame.mjs';
import { readPages } from './pages.mjs';

const repository = fileURLToPath(new URL('../../', import.meta.url));
const { values } = parseArgs({ options: { out: { type: 'string' }, root: { type: 'string' } } });
const root = values.root ?? repository;
const out = values.out ?? join(repository, 'site');

const { pages, problems } = readPages(root);
if (problems.length > 0) {
  console.error(problems.join('\n'));
  process.exit(1);
}

rmSync(out, { recursive: true, force: true });
const write = (file, content) => {
  mkdirSync(dirname(join(out, file)), { recursive: true });
  writeFileSync(join(out, file), content);
};

const groups = groupsOf(pages);
for (const page of pages.values()) write(page.file, page.bytes ?? framed(page, groups));

const sections = [...pages.values()]
  .filter(({ source }) => source === undefined)
  .flatMap(({ file, title, sections }) =>
    sections.map(({ id, heading, text }) => ({
      id: id === '' ? file : `${file}#${id}`,
      title,
      heading,
      text: text.trim(),
    })),
  );
// A script, not JSON: what is opened from a disk may load the one and not the other.
write('search-index.js', `globalThis.searchSections = ${JSON.stringify(sections)};\n`);
for (const asset of ['style.css', 'search.js']) write(asset, readFileSync(new URL(asset, import.meta.url)));
write('minisearch.js', readFileSync(join(repository, 'node_modules/minisearch/dist/umd/index.js')));
console.log(`${pages.size} pages, ${sections.length} sections to search in: ${join(out, 'index.html')}`);
