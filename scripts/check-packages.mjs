// Checks what would be published, packed as it would be: that package.json keeps to the rules (publint), and that the types of
// every entry are found and are those of its code (Are the types wrong?). The packages are ES modules, which CommonJS requires.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { inTemporaryFolder, pack, packages, root, run } from './packing.mjs';

const attw = join(root, 'node_modules/@arethetypeswrong/cli/dist/index.js');

/** What is read where it is needed, so that no import would miss it. */
const unimported = { 'packages/cachex': ['dist/dashboard/page.html'] };

async function check(source, folder) {
  const tarball = await pack(source, folder);
  const packed = await run('tar', ['-tzf', tarball]);
  for (const file of unimported[source] ?? [])
    if (!packed.split('\n').includes(`package/${file}`))
      throw new Error(`${source}: ${file} is not packed; build first`);
  const { buffer } = new Uint8Array(await readFile(tarball));
  const { messages, pkg } = await publint({ pack: { tarball: buffer } });
  for (const message of messages) {
    console.error(`${source}: ${formatMessage(message, pkg, { color: false })}`);
    process.exitCode = 1;
  }
  await run(process.execPath, [attw, tarball, '--profile', 'esm-only', '--format', 'ascii', '--no-color']);
  console.log(`${source}: ${pkg.name} ${pkg.version} is fit to be published`);
}

await inTemporaryFolder(async (folder) => {
  for (const source of packages) await check(source, folder);
});
