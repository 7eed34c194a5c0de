import type { Command } from '../command.ts';
import { jsonOf, keyOf, showKey, typedOption } from '../texts.ts';

export const put: Command = {
  name: 'put',
  about: 'store a value under a key',
  details: ['It overwrites what is there, and its time to live.'],
  arguments: [
    { name: 'cache', about: 'the name of the cache' },
    { name: 'key', about: 'the key' },
    { name: 'value', about: 'the value, as JSON; - reads it from the standard input' },
  ],
  options: [
    {
      name: 'ttl',
      value: 'duration',
      about: 'its time to live, such as 90s or 5m; that of the cache unless set',
    },
    { name: 'text', about: 'the value is a string as it stands, not JSON' },
    typedOption,
  ],
  joins: true,
  examples: [`put users ada '{"name":"Ada"}' --ttl 5m --cluster shop`, 'put pages / --text - < index.html'],
  async run(given, { cache: open, input, output }) {
    const key = keyOf(given.argument('key'), given);
    const word = given.argument('value');
    const text = word === '-' ? await input() : word;
    const value = given.flag('text')
      ? text
      : jsonOf('<value>', text, 'a string needs its quotes, \'"Ada"\', or --text');
    const ttl = given.duration('ttl', 0);
    const cache = await open(given.argument('cache'));
    await cache.put(key, value, ttl === 0 ? {} : { ttl });
    output.result(
      { cache: cache.name, key, stored: true },
      () => `stored ${showKey(key)} in '${cache.name}'`,
    );
    return undefined;
  },
};
