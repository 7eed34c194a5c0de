// What is around each page: the navigation, the search, and what comes before and after.
import { escaped } from './html.mjs';
import { navigation } from './navigation.mjs';
import { relative } from './pages.mjs';

/** The navigation, then the actions, and the pages of docs/ that it does not name. */
export function groupsOf(pages) {
  const byPath = new Map([...pages.values()].map((page) => [page.path, page]));
  const named = new Set(navigation.flatMap((group) => group.pages));
  const others = (pattern) =>
    [...byPath.keys()].filter((path) => pattern.test(path) && !named.has(path)).sort();
  return [
    ...navigation,
    { title: 'Adapters', pages: others(/^docs\/adapters\//) },
    { title: 'More', pages: others(/^docs\/[^/]+\.md$/) },
    { title: 'Actions', pages: others(/^docs\/actions\//) },
  ]
    .map(({ title, pages }) => ({
      title,
      pages: pages.map((path) => byPath.get(path)).filter((page) => page !== undefined),
    }))
    .filter((group) => group.pages.length > 0);
}

export function framed(page, groups) {
  const to = (file) => relative(page.file, file);
  const order = groups.flatMap((group) => group.pages);
  const at = order.indexOf(page);
  const link = (other, text) => `<a href="${to(other.file)}">${text}${escaped(other.title)}</a>`;
  const menu = groups
    .map(({ title, pages }) => {
      const items = pages.map((each) => {
        const current = each === page ? ' aria-current="page"' : '';
        return `<li><a href="${to(each.file)}"${current}>${escaped(nameOf(each))}</a></li>`;
      });
      return `<section><h2>${escaped(title)}</h2><ul>${items.join('')}</ul></section>`;
    })
    .join('');
  const inner = page.sections.filter(({ level }) => level === 2);
  const contents =
    inner.length < 2
      ? ''
      : `<nav class="contents" aria-label="On this page"><h2>On this page</h2><ul>${inner
          .map(({ id, heading }) => `<li><a href="#${id}">${escaped(heading)}</a></li>`)
          .join('')}</ul></nav>`;
  const around =
    at < 0
      ? ''
      : `<footer>${at > 0 ? link(order[at - 1], '← ') : '<span></span>'}${
          at < order.length - 1 ? link(order[at + 1], '→ ') : ''
        }</footer>`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'self' file:; base-uri 'none'; form-action 'none'">
<title>${page.file === 'index.html' ? 'cachex' : `${escaped(page.title)} · cachex`}</title>
<link rel="stylesheet" href="${to('style.css')}">
<script defer src="${to('minisearch.js')}"></script>
<script defer src="${to('search.js')}" data-root="${to('index.html').replace(/index\.html$/, '')}"></script>
</head>
<body>
<a class="skip" href="#content">To the content</a>
<header>
<a class="home" href="${to('index.html')}">cachex</a>
<div class="search"><input type="search" placeholder="Search ( / )" aria-label="Search" autocomplete="off" role="combobox" aria-expanded="false" aria-controls="found"><ul id="found" role="listbox" hidden></ul></div>
</header>
<div class="columns">
<details class="menu" open><summary>All pages</summary><nav aria-label="Pages">${menu}</nav></details>
<main id="content" class="${page.file === 'index.html' ? 'front' : 'page'}">
${page.html}
${around}
</main>
${contents}
</div>
</body>
</html>
`;
}

/** Short names for the navigation. */
function nameOf({ path, title }) {
  if (path === 'docs/index.md') return 'Home';
  if (path === 'README.md') return 'README';
  return title;
}
