import { stat } from 'node:fs/promises';
import { Bar } from '../bar.ts';
import type { Command } from '../command.ts';
import { showBytes, showCount } from '../texts.ts';

export const dump: Command = {
  name: 'dump',
  about: 'write all entries of a cache into one file',
  details: [
    'The file appears when it is complete, and takes the place of an earlier one only then. It can be loaded into any cluster, and by a cache of one process.',
  ],
  arguments: [
    { name: 'cache', about: 'the name of the cache' },
    { name: 'file', about: 'the file' },
  ],
  options: [],
  joins: true,
  examples: ['dump users users.dump --cluster shop'],
  async run(given, { cache: open, output, signal, timeout }) {
    const file = given.argument('file');
    const cache = await open(given.argument('cache'));
    const bar = new Bar(output, await cache.size());
    const onProgress = (entries: number, bytes: number): void =>
      bar.show(entries, `${entries} entries, ${showBytes(bytes)}`);
    const entries = await cache.dump(file, { signal, timeout, onProgress }).finally(() => bar.end());
    const { size: bytes } = await stat(file);
    output.result(
      { cache: cache.name, file, entries, bytes },
      () =>
        `${showCount(entries, 'entry', 'entries')} of '${cache.name}' written to ${file} (${showBytes(bytes)})`,
    );
    return undefined;
  },
};
