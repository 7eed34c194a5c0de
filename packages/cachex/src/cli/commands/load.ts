import { stat } from 'node:fs/promises';
import { Bar } from '../bar.ts';
import type { Command } from '../command.ts';
import { exitCodes, Failure } from '../failure.ts';
import { showCount } from '../texts.ts';

export const load: Command = {
  name: 'load',
  about: 'store the entries of a file that dump has written',
  details: [
    'The whole file is verified before anything is stored. What is there under the same keys is overwritten, everything else stays; what has expired since is left out.',
  ],
  arguments: [
    { name: 'cache', about: 'the name of the cache' },
    { name: 'file', about: 'the file' },
  ],
  options: [],
  joins: true,
  examples: ['load users users.dump --cluster shop'],
  async run(given, { cache: open, output, signal, timeout }) {
    const file = given.argument('file');
    const size = await sizeOf(file);
    const cache = await open(given.argument('cache'));
    const bar = new Bar(output, size);
    const onProgress = (entries: number, bytes: number): void => bar.show(bytes, `${entries} entries`);
    const entries = await cache.load(file, { signal, timeout, onProgress }).finally(() => bar.end());
    output.result(
      { cache: cache.name, file, entries },
      () => `${showCount(entries, 'entry', 'entries')} of ${file} stored in '${cache.name}'`,
    );
    return undefined;
  },
};

/** Before anything is joined: most likely the name is wrong. */
async function sizeOf(file: string): Promise<number> {
  try {
    return (await stat(file)).size;
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    throw new Failure(exitCodes.failed, code ?? 'ERROR', `the file cannot be read: ${message}`, {
      hint: 'give the path of a file that `cachex dump` has written',
      cause,
    });
  }
}
