import { fileURLToPath } from 'node:url';

const path = (file) => fileURLToPath(new URL(file, import.meta.url));

export default {
  cacheComponents: true,
  partialPrefetching: true,
  cacheHandlers: { remote: path('./cache/remote.mjs') },
  cacheHandler: path('./cache/pages.mjs'),
  // What is kept in the memory of one process is not known to the others.
  cacheMaxMemorySize: 0,
  serverExternalPackages: ['cachex'],
  turbopack: { root: path('../..') },
};
