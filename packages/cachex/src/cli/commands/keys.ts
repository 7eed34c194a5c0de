import type { Command } from '../command.ts';
import { showKey } from '../texts.ts';

export const keys: Command = {
  name: 'keys',
  about: 'the keys of a cache, one a line',
  details: ['They come in no particular order, as the nodes have them, and are never all in memory at once.'],
  arguments: [{ name: 'cache', about: 'the name of the cache' }],
  options: [
    { name: 'prefix', value: 'text', about: 'only strings that begin so' },
    { name: 'limit', value: 'count', about: 'no more than so many' },
  ],
  joins: true,
  examples: ['keys users --prefix a --limit 20 --cluster shop', 'keys users --json | wc -l'],
  async run(given, { cache: open, output, signal, timeout }) {
    const most = given.count('limit', Number.POSITIVE_INFINITY);
    const prefix = given.option('prefix');
    const where = prefix === undefined ? {} : { where: { key: { startsWith: prefix } } };
    const cache = await open(given.argument('cache'));
    let count = 0;
    for await (const key of cache.stream({ ...where, select: 'key' }, { signal, timeout })) {
      output.result({ key }, () => showKey(key));
      count += 1;
      if (count >= most) break;
    }
    if (count === 0) output.note(`no keys in '${cache.name}'`);
    return undefined;
  },
};
