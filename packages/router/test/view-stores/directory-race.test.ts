import { type ChildProcess, fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { decodeView } from '../../src/view-json.ts';

const racer = fileURLToPath(new URL('fixtures/race.mjs', import.meta.url));
const built = fileURLToPath(new URL('../../dist/view-stores/directory.js', import.meta.url));

/** The next message of a child; rejects if it ends without one. */
function message(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    child.once('message', resolve);
    // Not 'exit', which may come before the last message.
    child.once('disconnect', () => reject(new Error('a racer ended')));
  });
}

it('lets exactly one of ten racing processes win each epoch', { timeout: 60_000 }, async () => {
  expect(existsSync(built), 'run `npm run build` first').toBe(true);
  const last = 60;
  const names = Array.from({ length: 10 }, (_, index) => `racer-${index}`);
  const directory = await mkdtemp(join(tmpdir(), 'race-'));
  const children: ChildProcess[] = [];
  try {
    for (const name of names) children.push(fork(racer, [directory, name, String(last)], { execArgv: [] }));
    await Promise.all(children.map(message));
    const results = children.map(message);
    for (const child of children) child.send('go');
    const won = (await Promise.all(results)) as number[][];

    expect(won.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: last }, (_, index) => index + 1));
    const files = (await readdir(directory)).sort();
    expect(files).toHaveLength(last);
    for (const [index, file] of files.entries()) {
      const view = decodeView(await readFile(join(directory, file), 'utf8'));
      expect(view.epoch).toBe(index + 1);
      expect(won[names.indexOf(view.birth)]).toContain(view.epoch);
    }
  } finally {
    for (const child of children) child.kill();
    await rm(directory, { recursive: true });
  }
});
