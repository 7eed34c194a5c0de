import { type Browser, chromium } from 'playwright-core';
import { describe } from 'vitest';
import { findChromium } from '../../../../scripts/chromium.mjs';

const executablePath = findChromium();

/** `describe` for what needs a browser: where there is none it is skipped, unless `CACHEX_REQUIRE_CHROMIUM` is set. */
export const describeChromium: typeof describe | typeof describe.skip = (() => {
  if (executablePath !== undefined) return describe;
  if (process.env.CACHEX_REQUIRE_CHROMIUM === '1') throw new Error('Chromium was not found, and is required');
  console.warn(
    'Chromium was not found (CACHEX_CHROMIUM says where it is): the tests that need it are skipped',
  );
  return describe.skip;
})();

/** A browser without a window. In containers, where everybody is root, its sandbox does not start. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: executablePath!, args: ['--no-sandbox'] });
}
