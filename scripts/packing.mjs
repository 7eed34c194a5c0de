import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** The root of the repository. */
export const root = fileURLToPath(new URL('../', import.meta.url));

/** The packages that are published, by their folders. */
export const packages = ['packages/router', 'packages/cachex'];

/** Runs a program to its end and answers what it printed; one that fails rejects with all of that. */
export async function run(program, args, options = {}) {
  try {
    const { stdout } = await promisify(execFile)(program, args, { cwd: root, ...options });
    return stdout;
  } catch (error) {
    const said = `${error.stdout ?? ''}${error.stderr ?? ''}`.trim();
    throw new Error(`${program} ${args.join(' ')}: ${said === '' ? error.message : said}`);
  }
}

/** Does something in a temporary folder, which is removed afterwards. */
export async function inTemporaryFolder(work) {
  const folder = await mkdtemp(join(tmpdir(), 'packages-'));
  try {
    await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Packs a package as it would be published, from its folder in the repository; answers the path of the tarball. */
export async function pack(source, folder) {
  const place = join(folder, source.replaceAll('/', '-'));
  await mkdir(place, { recursive: true });
  // Their scripts are for those who work on them.
  await run('npm', ['pack', `./${source}`, '--ignore-scripts', '--pack-destination', place]);
  const [tarball] = await readdir(place);
  return join(place, tarball);
}
