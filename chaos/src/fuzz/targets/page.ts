import { EntryPage, readPage } from '../../../../packages/cachex/dist/cluster/entry-page.js';
import { hashKey, type Key, keyProblem } from '../../../../packages/router/dist/hash.js';
import { Codec, Encoded } from '../../../../packages/router/dist/index.js';
import { Flaw, type Target } from '../target.ts';

const codec = new Codec();

function page(...keys: readonly Key[]): Buffer {
  const written = new EntryPage(codec, 5_000);
  for (const [n, key] of keys.entries()) {
    const entry = {
      key,
      hash: hashKey(key),
      value: undefined,
      version: n,
      modified: 10 * n,
      expires: 9_000 + n,
    };
    const tags = n % 2 === 0 ? ['people', 'x'] : undefined;
    written.add({ ...entry, ttl: n === 0 ? null : 5, staleFor: n, tags }, codec.encode({ n, key }));
  }
  return Buffer.concat([Buffer.of(keys.length), written.finish().bytes]);
}

/** Entries on their way to another node: the first byte says how many. */
export const entryPage: Target = {
  name: 'page',
  seeds: () => [page('ada'), page('ada', 5, ['a', [1, null]], true), page(2n ** 70n, 'x'.repeat(300))],
  run(bytes) {
    for (const { key, tags, value } of readPage(new Encoded(bytes.subarray(1)), bytes[0] ?? 0, codec)) {
      if (keyProblem(key) !== undefined) throw new Flaw('a key that is none');
      if (tags?.every((tag) => typeof tag === 'string') === false) throw new Flaw('a tag that is none');
      if (value.length > bytes.length) throw new Flaw('a value larger than its page');
    }
  },
};
