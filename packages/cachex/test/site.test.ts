import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../../', import.meta.url));

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'site-'));
});
afterEach(() => rm(folder, { recursive: true }));

function build(...flags: string[]): { status: number | null; stderr: string } {
  const program = join(root, 'scripts/site/build.mjs');
  return spawnSync(process.execPath, [program, '--out', join(folder, 'site'), ...flags], {
    encoding: 'utf8',
  });
}

const page = (file: string): string => readFileSync(join(folder, 'site', file), 'utf8');

describe('the site', () => {
  it('has all documents, and no link that leads nowhere', () => {
    expect(build()).toMatchObject({ status: 0, stderr: '' });
    expect(page('index.html')).toContain('href="walkthrough.html"');
    expect(page('actions/get.html')).toContain('href="../values.html"');
    expect(page('actions/get.html')).toContain('aria-current="page"');
    // Sources that documents link to are pages as well.
    expect(page('invariants.html')).toContain('href="packages/router/src/lease.ts.html"');
    expect(page('packages/router/src/lease.ts.html')).toContain('hljs-keyword');
    // What is in its pages is found, by sections.
    expect(page('search-index.js')).toContain('"id":"loading.html#stale-values"');
    for (const file of ['style.css', 'search.js', 'minisearch.js'])
      expect(existsSync(join(folder, 'site', file))).toBe(true);
  });

  it.each([
    ['a file that is not there', '[more](nothing.md)', 'docs/bad.md: nothing.md leads to nothing'],
    [
      'a heading that is not there',
      '[more](faq.md#nothing)',
      'docs/bad.md: faq.md#nothing leads to a heading',
    ],
    ['a picture that is not there', '![a picture](nothing.png)', 'docs/bad.md: nothing.png leads to nothing'],
  ])('is not built with a link to %s', async (_what, text, complaint) => {
    const copy = join(folder, 'repository');
    await mkdir(join(copy, 'docs'), { recursive: true });
    await writeFile(join(copy, 'docs/faq.md'), '# Questions\n\n## Why?\n');
    await writeFile(join(copy, 'docs/bad.md'), `# Bad\n\n[good](faq.md#why)\n${text}\n`);
    const { status, stderr } = build('--root', copy);
    expect(status).toBe(1);
    expect(stderr).toContain(complaint);
    expect(stderr).not.toContain('#why');
    expect(existsSync(join(folder, 'site'))).toBe(false);
  });
});
