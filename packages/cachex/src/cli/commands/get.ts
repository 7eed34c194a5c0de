import type { Command } from '../command.ts';
import { exitCodes } from '../failure.ts';
import { keyOf, showDuration, showKey, typedOption } from '../texts.ts';

export const get: Command = {
  name: 'get',
  about: 'the value of a key',
  details: [
    'A string is printed as it is, every other value as JavaScript. It counts as a use of the entry.',
  ],
  arguments: [
    { name: 'cache', about: 'the name of the cache' },
    { name: 'key', about: 'the key' },
  ],
  options: [{ name: 'ttl', about: 'also tell how long it has left' }, typedOption],
  joins: true,
  examples: ['get users ada --cluster shop', 'get users 42 --typed --json'],
  async run(given, { cache: open, output }) {
    const key = keyOf(given.argument('key'), given);
    const cache = await open(given.argument('cache'));
    const value = await cache.get(key);
    // A stored `undefined` is an entry as well.
    const found = value !== undefined || (await cache.exists(key));
    const ttl = found && (given.flag('ttl') || output.json) ? await cache.ttl(key) : undefined;
    const record = { cache: cache.name, key, found, ...(found ? { value, ttl: ttl ?? null } : {}) };
    if (!found) output.note(`no entry ${showKey(key)} in '${cache.name}'`);
    if (found || output.json)
      output.result(record, () => [
        output.value(value),
        ...(given.flag('ttl')
          ? [output.weak(`(${typeof ttl === 'number' ? `${showDuration(ttl)} left` : 'for ever'})`)]
          : []),
      ]);
    return found ? exitCodes.done : exitCodes.no;
  },
};
