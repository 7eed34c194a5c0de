// Bundles the page of the dashboard, its styles and the libraries it uses, into the one file that its server sends.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { root } from './packing.mjs';

const source = join(root, 'packages/cachex/src/dashboard/page');
const target = join(root, 'packages/cachex/dist/dashboard/page.html');

async function bundle(entry, options) {
  const { outputFiles } = await build({
    entryPoints: [join(source, entry)],
    bundle: true,
    minify: true,
    write: false,
    target: 'es2023',
    legalComments: 'inline',
    logLevel: 'warning',
    ...options,
  });
  return outputFiles[0].text.trim();
}

const script = await bundle('main.tsx', { jsx: 'automatic', jsxImportSource: 'preact' });
const styles = await bundle('page.css', { target: 'chrome123' });
const html = await readFile(join(source, 'page.html'), 'utf8');
const page = html.replace('/* styles */', () => styles).replace('/* script */', () => script);
await mkdir(dirname(target), { recursive: true });
await writeFile(target, page);
console.log(`dashboard/page.html: ${Math.round(page.length / 1000)} kB`);
