// The search of the site: the index is loaded when somebody wants to search.
(() => {
  const { root } = document.currentScript.dataset;
  const input = document.querySelector('.search input');
  const list = document.querySelector('#found');
  let engine;
  let wanted;

  function loaded() {
    wanted ??= new Promise((resolve, reject) => {
      const script = document.createElement('script');
      script.src = `${root}search-index.js`;
      script.onload = resolve;
      script.onerror = reject;
      document.head.append(script);
    }).then(() => {
      engine = new globalThis.MiniSearch({
        fields: ['heading', 'title', 'text'],
        storeFields: ['heading', 'title', 'text'],
        searchOptions: {
          boost: { heading: 4, title: 2 },
          prefix: true,
          fuzzy: (term) => (term.length > 4 ? 0.2 : false),
          combineWith: 'AND',
        },
      });
      engine.addAll(globalThis.searchSections);
    });
    return wanted;
  }

  function excerpt(text, terms) {
    const lower = text.toLowerCase();
    const at = Math.max(
      0,
      Math.min(...terms.map((term) => lower.indexOf(term)).filter((n) => n >= 0), text.length) - 40,
    );
    return `${at > 0 ? '… ' : ''}${text.slice(at, at + 120)}`;
  }

  function show(results) {
    list.replaceChildren(
      ...results.map(({ id, title, heading, text, terms }, n) => {
        const item = document.createElement('li');
        item.setAttribute('role', 'option');
        const link = document.createElement('a');
        link.href = root + id;
        const name = document.createElement('strong');
        name.textContent = title === heading ? title : `${title} · ${heading}`;
        const words = document.createElement('span');
        words.textContent = excerpt(text, terms);
        link.append(name, words);
        item.append(link);
        if (n === 0) item.setAttribute('aria-selected', 'true');
        return item;
      }),
    );
    if (results.length === 0 && input.value !== '') {
      const item = document.createElement('li');
      item.textContent = 'Nothing is found.';
      list.append(item);
    }
    list.hidden = input.value === '';
    input.setAttribute('aria-expanded', String(!list.hidden));
  }

  async function search() {
    await loaded();
    show(input.value.trim() === '' ? [] : engine.search(input.value).slice(0, 12));
  }

  function step(by) {
    const items = [...list.querySelectorAll('[role=option]')];
    const at = items.findIndex((item) => item.hasAttribute('aria-selected'));
    items[at]?.removeAttribute('aria-selected');
    const next = items[(at + by + items.length) % items.length];
    next?.setAttribute('aria-selected', 'true');
    next?.scrollIntoView({ block: 'nearest' });
  }

  input.addEventListener('input', search);
  input.addEventListener('focus', loaded);
  input.addEventListener('keydown', (event) => {
    if (event.key === 'ArrowDown') step(1);
    else if (event.key === 'ArrowUp') step(-1);
    else if (event.key === 'Enter') list.querySelector('[aria-selected] a')?.click();
    else if (event.key === 'Escape') {
      input.value = '';
      show([]);
      input.blur();
    } else return;
    event.preventDefault();
  });
  document.addEventListener('keydown', (event) => {
    if (event.key !== '/' || /^(INPUT|TEXTAREA)$/.test(document.activeElement?.tagName ?? '')) return;
    event.preventDefault();
    input.focus();
  });
  document.addEventListener('click', ({ target }) => {
    if (!target.closest('.search')) show([]);
  });
  const menu = document.querySelector('.menu');
  const wide = matchMedia('(min-width: 60rem)');
  const unfold = () => {
    menu.open = wide.matches;
  };
  wide.addEventListener('change', unfold);
  unfold();
  menu.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest' });
})();
