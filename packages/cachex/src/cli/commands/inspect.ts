import type { Key } from '@cachex/router/hash';
import type { ClusterCache } from '../../cluster/index.ts';
import type { Command } from '../command.ts';
import { usage } from '../failure.ts';
import { keyOf, typedOption } from '../texts.ts';

const subjects = ['cache', 'memory', 'expired', 'janitor', 'entry'] as const;

export const inspect: Command = {
  name: 'inspect',
  about: 'what nodes know of a cache: its record, memory, sweeps, or one raw entry',
  details: [
    'Every node is asked that has opened the cache; for an entry its owner. It does not count as a use.',
  ],
  arguments: [
    { name: 'cache', about: 'the name of the cache' },
    { name: 'what', about: 'of what, cache unless set', optional: true, choices: subjects },
    { name: 'key', about: 'the key of the entry', optional: true },
  ],
  options: [{ name: 'node', value: 'id', about: 'only this node' }, typedOption],
  joins: true,
  examples: ['inspect users --cluster shop', 'inspect users memory --node a', 'inspect users entry ada'],
  async run(given, { cache: open, connect, output }) {
    const [what = 'cache'] = given.words('what');
    const [word] = given.words('key');
    if ((what === 'entry') !== (word !== undefined))
      throw usage(
        'inspect: <key> is for `entry`, and needed there',
        'for example: cachex inspect users entry ada',
      );
    const key = word === undefined ? undefined : keyOf(word, given);
    const cache = await open(given.argument('cache'));
    const node = await connect();
    const chosen =
      given.option('node') ?? (key === undefined ? undefined : (node.route(key).owner ?? undefined));
    const holders = node.nodes().filter(({ id, opened }) => id !== node.id && opened.includes(cache.name));
    for (const id of chosen === undefined ? holders.map((holder) => holder.id) : [chosen]) {
      const answer = await ask(cache, what, key, id);
      output.result(
        { node: id, [what]: answer ?? null },
        () => `${output.strong(id)}  ${output.value(answer)}`,
      );
    }
    return undefined;
  },
};

function ask(
  cache: ClusterCache<Key, unknown>,
  what: string,
  key: Key | undefined,
  node: string,
): Promise<unknown> {
  const args = key === undefined ? [what, { node }] : [what, key, { node }];
  return (cache.inspect as (...args: unknown[]) => Promise<unknown>)(...args);
}
