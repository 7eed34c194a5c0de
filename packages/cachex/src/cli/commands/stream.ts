import type { Key } from '@cachex/router/hash';
import type { Query } from '../../query/query.ts';
import type { Command } from '../command.ts';
import { jsonOf, showKey } from '../texts.ts';

export const stream: Command = {
  name: 'stream',
  about: 'the entries of a cache, or those that a query describes',
  details: [
    'Entries come as the nodes have them, and are never all in memory at once. A query is evaluated where they are.',
  ],
  arguments: [{ name: 'cache', about: 'the name of the cache' }],
  options: [
    { name: 'where', value: 'json', about: `which entries, such as '{"value.age":{"gte":18}}'` },
    {
      name: 'select',
      value: 'fields',
      about: 'what of each, with commas: key, value, modified, expiration, value.age',
    },
    { name: 'limit', value: 'count', about: 'no more than so many' },
  ],
  joins: true,
  examples: [
    `stream users --where '{"value.age":{"gte":18}}' --select key,value.name`,
    'stream users --cluster shop --json > users.jsonl',
  ],
  async run(given, { cache: open, output, signal, timeout }) {
    const most = given.count('limit', Number.POSITIVE_INFINITY);
    const [where, select] = [given.option('where'), given.option('select')];
    const query = {
      ...(where === undefined
        ? {}
        : { where: jsonOf('--where', where, 'see docs/streaming.md for what it may say') }),
      ...(select === undefined ? {} : { select: select.split(',') }),
    } as Query;
    const cache = await open(given.argument('cache'));
    let count = 0;
    const entries = cache.stream(query, { signal, timeout }) as AsyncIterable<{ key: Key; value: unknown }>;
    for await (const entry of entries) {
      output.result(entry, () =>
        select === undefined ? `${showKey(entry.key)}  ${output.value(entry.value)}` : output.value(entry),
      );
      count += 1;
      if (count >= most) break;
    }
    if (count === 0) output.note('no such entries');
    return undefined;
  },
};
