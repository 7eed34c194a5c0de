import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { findChromium } from '../../../../scripts/chromium.mjs';

let folder: string;
let program: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cachex-'));
  program = join(folder, 'chromium');
  writeFileSync(program, '', { mode: 0o755 });
});
afterAll(() => rmSync(folder, { recursive: true }));

it('finds Chromium where programs are, or where it is told', () => {
  expect(findChromium({ PATH: ['/nowhere', '', folder].join(delimiter) })).toBe(program);
  expect(findChromium({ PATH: '/nowhere', CACHEX_CHROMIUM: program })).toBe(program);
});

it('finds none where there is none, or where it is told wrongly', () => {
  expect(findChromium({ PATH: '/nowhere' })).toBeUndefined();
  expect(findChromium({})).toBeUndefined();
  expect(findChromium({ PATH: folder, CACHEX_CHROMIUM: '/nowhere/chromium' })).toBeUndefined();
});
