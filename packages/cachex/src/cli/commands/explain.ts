import type { Command } from '../command.ts';
import { keyOf, showDuration, typedOption } from '../texts.ts';

export const explain: Command = {
  name: 'explain',
  about: 'where a key lives, and why there',
  details: ['The owner is also asked whether it has an entry. It does not count as a use of that.'],
  arguments: [
    { name: 'cache', about: 'the name of the cache' },
    { name: 'key', about: 'the key' },
  ],
  options: [typedOption],
  joins: true,
  examples: ['explain users ada --cluster shop'],
  async run(given, { cache: open, output }) {
    const key = keyOf(given.argument('key'), given);
    const cache = await open(given.argument('cache'));
    const { partition, partitions, owner, backups, epoch, term, origin, why } = await cache.explain(key);
    const ttl = owner === null ? undefined : await cache.ttl(key);
    const live = ttl !== undefined;
    const place = { partition, partitions, owner, backups, epoch, term, origin };
    output.result({ cache: cache.name, key, ...place, live, ttl: ttl ?? null, why }, () => [
      `partition  ${partition} of ${partitions}`,
      `owner      ${owner ?? 'nobody: the key cannot be reached'}`,
      `backups    ${backups.length === 0 ? 'none' : backups.join(', ')}`,
      `entry      ${live ? `there, ${ttl === null ? 'for ever' : `${showDuration(ttl)} left`}` : 'none'}`,
      `since      epoch ${term}, its data since epoch ${origin}; now it is epoch ${epoch}`,
    ]);
    return undefined;
  },
};
