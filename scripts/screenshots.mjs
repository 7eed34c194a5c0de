// Writes docs/dashboard/{light,dark,phone}.png: pictures of the dashboard of a cluster of three processes under load, the third
// of which has just joined. Needs Chromium; CACHEX_CHROMIUM says where it is if it is not found.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { findChromium } from './chromium.mjs';
import { root } from './packing.mjs';

const executablePath = findChromium();
if (executablePath === undefined)
  throw new Error('Chromium was not found: say where it is by CACHEX_CHROMIUM');

const folder = join(root, 'docs/dashboard');
const worker = fileURLToPath(new URL('screenshots-worker.mjs', import.meta.url));
const directory = await mkdtemp(join(tmpdir(), 'cachex-'));
const processes = [];

async function start(id) {
  const child = fork(worker, [id, directory], { execArgv: [] });
  processes.push(child);
  const ended = once(child, 'exit').then(() => Promise.reject(new Error(`${id} ended too early`)));
  const [message] = await Promise.race([once(child, 'message'), ended]);
  return message;
}

/** Pictures of the same moment, or nearly. */
const pictures = [
  { name: 'light', colorScheme: 'light', viewport: { width: 1280, height: 1200 } },
  { name: 'dark', colorScheme: 'dark', viewport: { width: 1280, height: 1200 } },
  { name: 'phone', colorScheme: 'light', viewport: { width: 390, height: 844 } },
];

let browser;
try {
  const { url } = await start('amber');
  await start('birch');
  browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  const pages = [];
  for (const { name, ...options } of pictures) {
    const page = await browser.newPage({ ...options, deviceScaleFactor: 1, reducedMotion: 'reduce' });
    await page.goto(url);
    pages.push({ name, page });
  }
  const seconds = Number(process.env.SECONDS ?? 45);
  await new Promise((resolve) => setTimeout(resolve, seconds * 500));
  await start('cedar');
  await new Promise((resolve) => setTimeout(resolve, seconds * 500));
  await mkdir(folder, { recursive: true });
  for (const { name, page } of pages)
    await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
} finally {
  await browser?.close();
  for (const child of processes) child.kill('SIGKILL');
  await rm(directory, { recursive: true, force: true });
}
