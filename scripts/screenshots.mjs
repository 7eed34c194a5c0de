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

const pictures = [
  { name: 'light', colorScheme: 'light', viewport: { width: 1280, height: 1200 }, fullPage: true },
  { name: 'dark', colorScheme: 'dark', viewport: { width: 1280, height: 920 } },
  { name: 'phone', colorScheme: 'light', viewport: { width: 390, height: 1400 } },
];

const seconds = Number(process.env.SECONDS ?? 60);
const pass = (share) => new Promise((resolve) => setTimeout(resolve, seconds * share * 1_000));

let browser;
try {
  const { url } = await start('amber');
  await start('birch');
  browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  const page = await browser.newPage({ reducedMotion: 'reduce', viewport: pictures[0].viewport });
  await page.goto(url);
  await pass(0.7);
  await start('cedar');
  // While partitions move to it, if the machine is not too busy.
  await page.locator('.changes li', { hasText: '→ cedar' }).first().waitFor({ timeout: 60_000 });
  await mkdir(folder, { recursive: true });
  for (const { name, colorScheme, viewport, ...options } of pictures) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await page.setViewportSize(viewport);
    // Charts follow their width with the next frame.
    await page.evaluate(
      () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 200))),
    );
    await page.screenshot({ path: join(folder, `${name}.png`), ...options });
    await pass(0.15);
  }
} finally {
  await browser?.close();
  for (const child of processes) child.kill('SIGKILL');
  await rm(directory, { recursive: true, force: true });
}
