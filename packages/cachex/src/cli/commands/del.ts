import type { Command } from '../command.ts';
import { exitCodes } from '../failure.ts';
import { keyOf, typedOption } from '../texts.ts';

export const del: Command = {
  name: 'del',
  about: 'remove keys',
  arguments: [
    { name: 'cache', about: 'the name of the cache' },
    { name: 'key', about: 'the keys', many: true },
  ],
  options: [typedOption],
  joins: true,
  examples: ['del users ada bob --cluster shop'],
  async run(given, { cache: open, output }) {
    const keys = given.words('key').map((word) => keyOf(word, given));
    const cache = await open(given.argument('cache'));
    const removed = await cache.delMany(keys);
    output.result(
      { cache: cache.name, asked: keys.length, removed },
      () => `removed ${removed} of ${keys.length} from '${cache.name}'`,
    );
    return removed > 0 ? exitCodes.done : exitCodes.no;
  },
};
