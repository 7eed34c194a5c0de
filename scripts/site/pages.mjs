// What the site is made of: every document of the repository, and the sources that documents link to.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, extname, join, posix } from 'node:path';
import hljs from 'highlight.js';
import markdownIt from 'markdown-it';
import { escaped } from './html.mjs';

/** As GitHub makes them of headings, so that links work in both places. */
export function slugOf(heading) {
  return heading
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\p{M}_\- ]/gu, '')
    .replaceAll(' ', '-');
}

function highlighted(code, info) {
  const language = hljs.getLanguage(info) === undefined ? undefined : info;
  return language === undefined ? escaped(code) : hljs.highlight(code, { language }).value;
}

const languages = {
  '.ts': 'ts',
  '.mts': 'ts',
  '.mjs': 'js',
  '.js': 'js',
  '.json': 'json',
  '.yaml': 'yaml',
  '.sh': 'bash',
};

/** All documents below `folder`: their paths from the root. */
function documentsIn(root, folder) {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = posix.join(folder, entry.name);
    if (entry.isDirectory())
      return ['node_modules', 'dist'].includes(entry.name) ? [] : documentsIn(root, path);
    return entry.name.endsWith('.md') ? [path] : [];
  });
}

/**
 * Reads a repository: answers with its pages, by the file that each becomes, and with what is wrong with their links. A page
 * has a `title`, its `html`, and the `sections` in which it can be found.
 */
export function readPages(root) {
  const documents = [
    ...['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md'].filter((path) =>
      existsSync(join(root, path)),
    ),
    ...['docs', 'packages', 'examples'].flatMap((folder) => documentsIn(root, folder)),
  ];
  const pages = new Map();
  const links = [];
  for (const path of documents) {
    const page = documentPage(root, path, links);
    pages.set(page.file, page);
  }
  // Sources have no links of their own, so the list does not grow while it is gone through.
  for (const { target } of links) {
    const file = fileOf(target);
    if (pages.has(file) || !existsSync(join(root, target))) continue;
    pages.set(file, sourcePage(root, target));
  }
  return { pages, problems: problemsOf(pages, links) };
}

/** The file that a path of the repository becomes. */
export function fileOf(path) {
  if (path === 'docs/index.md') return 'index.html';
  if (path === 'README.md') return 'readme.html';
  if (/\.(png|svg|jpg)$/.test(path)) return path;
  const readme = path.endsWith('/README.md') ? `${dirname(path)}/index` : path.replace(/\.md$/, '');
  // What is in docs/ is the site itself; the rest lies beside it.
  return `${readme.replace(/^docs\//, '')}.html`;
}

function documentPage(root, path, links) {
  const file = fileOf(path);
  const markdown = markdownIt({ html: true, linkify: false, highlight: highlighted });
  const tokens = markdown.parse(readFileSync(join(root, path), 'utf8'), {});
  const anchors = new Map();
  const sections = [];
  let title = basename(path, '.md');
  for (const [n, token] of tokens.entries()) {
    if (token.type === 'heading_open') {
      const heading = textOf(tokens[n + 1]);
      const slug = slugOf(heading);
      const times = anchors.get(slug) ?? 0;
      anchors.set(slug, times + 1);
      const id = times === 0 ? slug : `${slug}-${times}`;
      anchors.set(id, anchors.get(id) ?? 1);
      token.attrSet('id', id);
      if (token.tag === 'h1') title = heading;
      sections.push({
        id: token.tag === 'h1' ? '' : id,
        level: Number(token.tag.slice(1)),
        heading,
        text: '',
      });
    } else if (token.type === 'inline' && tokens[n - 1]?.type !== 'heading_open') {
      const section = sections.at(-1);
      if (section !== undefined) section.text += `${textOf(token)} `;
    }
    for (const child of token.children ?? []) {
      const attribute = child.type === 'link_open' ? 'href' : child.type === 'image' ? 'src' : undefined;
      if (attribute === undefined) continue;
      const link = child.attrGet(attribute);
      if (/^[a-z]+:/.test(link)) continue;
      const [name, anchor = ''] = link.split('#');
      const target = name === '' ? path : withoutSlash(posix.join(dirname(path), decodeURI(name)));
      links.push({ from: path, link, target, anchor });
      const to = withReadme(root, target);
      child.attrSet(attribute, `${relative(file, fileOf(to))}${anchor === '' ? '' : `#${anchor}`}`);
    }
  }
  return {
    path,
    file,
    title,
    sections,
    anchors,
    html: wide(markdown.renderer.render(tokens, markdown.options, {})),
  };
}

const withoutSlash = (path) => path.replace(/(?<=.)\/$/, '');

/** A folder is shown by its README, if it has one. */
function withReadme(root, path) {
  const readme = path === '.' ? 'README.md' : `${path}/README.md`;
  return existsSync(join(root, readme)) ? readme : path;
}

/** Tables scroll in themselves, not with the page. */
function wide(html) {
  return html
    .replaceAll('<table>', '<div class="table" tabindex="0"><table>')
    .replaceAll('</table>', '</table></div>');
}

function textOf({ children }) {
  return (children ?? [])
    .map(({ type, content }) => (type === 'text' || type === 'code_inline' ? content : ' '))
    .join('')
    .replaceAll(/\s+/g, ' ')
    .trim();
}

/** A file that is no document, or the list of a folder. */
function sourcePage(root, path) {
  const file = fileOf(path);
  const place = join(root, path);
  const common = { path, file, title: path, sections: [], anchors: new Map(), source: true };
  if (file === path) return { ...common, bytes: readFileSync(place) };
  if (statSync(place).isDirectory()) {
    const names = readdirSync(place).sort();
    const items = names.map((name) => `<li><code>${escaped(name)}</code></li>`).join('');
    return { ...common, html: `<h1>${escaped(path)}</h1><ul>${items}</ul>` };
  }
  const code = readFileSync(place, 'utf8');
  const shown = highlighted(code, languages[extname(path)] ?? '');
  return { ...common, html: `<h1>${escaped(path)}</h1><pre><code>${shown}</code></pre>` };
}

export function relative(from, to) {
  return posix.relative(dirname(from), to) || basename(to);
}

/** Links to what is not there. */
function problemsOf(pages, links) {
  const problems = [];
  const documents = new Map([...pages.values()].map((page) => [page.path, page]));
  for (const { from, link, target, anchor } of links) {
    const page = documents.get(target) ?? documents.get(target === '.' ? 'README.md' : `${target}/README.md`);
    if (page === undefined) problems.push(`${from}: ${link} leads to nothing`);
    else if (anchor !== '' && !page.source && !page.anchors.has(anchor))
      problems.push(`${from}: ${link} leads to a heading that ${page.path} does not have`);
  }
  return problems;
}
