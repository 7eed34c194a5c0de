import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const read = (path: string): string => readFileSync(`${root}${path}`, 'utf8');

interface Locked {
  readonly link?: boolean;
  readonly resolved?: string;
  readonly integrity?: string;
}

describe('what users install', () => {
  it.each(['router', 'cachex'])('of %s runs nothing, and depends on nothing unforeseen', (name) => {
    const { scripts, dependencies } = JSON.parse(read(`packages/${name}/package.json`));
    expect(scripts).toBeUndefined();
    expect(Object.keys(dependencies)).toEqual([{ router: 'msgpackr', cachex: '@cachex/router' }[name]]);
    expect(read(`packages/${name}/LICENSE`)).toBe(read('LICENSE'));
  });

  it('reads bytes without native code, although it may be there', () => {
    const entry = new URL('../dist/index.js', import.meta.url).href;
    const program = `
      const { Codec } = await import(${JSON.stringify(entry)});
      const codec = new Codec();
      codec.decode(codec.encode(['a text that is long enough '.repeat(20), 'and another']));
      console.log(JSON.stringify(process.report.getReport().sharedObjects));
    `;
    const printed = execFileSync(process.execPath, ['--input-type=module', '--eval', program], {
      encoding: 'utf8',
    });
    const loaded = JSON.parse(printed) as string[];
    expect(loaded.filter((path) => path.endsWith('.node'))).toEqual([]);
  });
});

it('the lockfile has what each package must be, and no address', () => {
  const { packages } = JSON.parse(read('package-lock.json')) as { packages: Record<string, Locked> };
  const installed = Object.entries(packages).filter(
    ([path, { link }]) => path.includes('node_modules/') && !link,
  );
  expect(installed.length).toBeGreaterThan(100);
  expect(installed.filter(([, { integrity }]) => !integrity?.startsWith('sha512-'))).toEqual([]);
  expect(installed.filter(([, { resolved }]) => resolved !== undefined)).toEqual([]);
});

it('every test that SECURITY.md names is there', () => {
  const named = [...read('SECURITY.md').matchAll(/\]\(([^)]+\.test\.ts)\)/g)].map(([, path]) => path!);
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter((path) => !existsSync(`${root}${path}`))).toEqual([]);
});
