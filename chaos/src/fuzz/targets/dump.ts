import { createHash } from 'node:crypto';
import { crc32, deflateRawSync } from 'node:zlib';
import { preludeLength, trailerLength } from '../../../../packages/cachex/dist/disk/format.js';
import { createCache, type Files } from '../../../../packages/cachex/dist/index.js';
import { Codec } from '../../../../packages/router/dist/index.js';
import { Flaw, type Target } from '../target.ts';

const codec = new Codec();

function filesOf(stored: Map<string, Buffer>): Files {
  return {
    async create(path) {
      const pieces: Uint8Array[] = [];
      return {
        write: async (bytes) => void pieces.push(Buffer.from(bytes)),
        publish: async () => void stored.set(path, Buffer.concat(pieces)),
        discard: async () => {},
      };
    },
    async open(path) {
      const bytes = stored.get(path)!;
      return {
        size: bytes.length,
        read: async (position, length) => bytes.subarray(position, position + length),
        close: async () => {},
      };
    },
  };
}

/** A whole file around the content of one block, with all that its reader checks before it looks at that. */
function around(content: Buffer, entries: number, length: number): Buffer {
  const text = Buffer.from(JSON.stringify({ cache: 'users', created: 0 }));
  const header = Buffer.alloc(preludeLength + text.length + 4);
  header.set([0x89, 0x43, 0x41, 0x43, 0x48, 0x45, 0x58, 0x0a, 0, 1]);
  header.writeUInt32BE(text.length, 12);
  header.set(text, preludeLength);
  header.writeUInt32BE(crc32(header.subarray(0, -4)), header.length - 4);
  const stored = deflateRawSync(content, { level: 1 });
  const block = Buffer.alloc(21);
  block.writeUInt8(1, 0);
  for (const [n, value] of [entries, length, stored.length, crc32(stored)].entries())
    block.writeUInt32BE(value, 1 + 4 * n);
  block.writeUInt32BE(crc32(block.subarray(0, 17)), 17);
  const trailer = Buffer.alloc(trailerLength);
  trailer.writeUInt8(2, 0);
  trailer.writeUInt32BE(1, 1);
  trailer.writeUIntBE(entries, 5, 6);
  const before = Buffer.concat([header, block, stored]);
  trailer.writeUIntBE(before.length + trailerLength, 11, 6);
  const digest = createHash('sha256').update(before).update(trailer.subarray(0, 17)).digest();
  trailer.set(digest, 17);
  return Buffer.concat([before, trailer]);
}

/**
 * A file that is loaded. After a first byte of 0 it is all there is; after others it is the content of a block, of which
 * that byte says how many entries it has: no change of a file would come past its checksums.
 */
export const dump: Target = {
  name: 'dump',
  async seeds() {
    const stored = new Map<string, Buffer>();
    const cache = createCache<string, unknown>({ files: filesOf(stored) });
    for (const key of ['ada', 'bob']) cache.put(key, { key, list: [1, 2, 3] }, { ttl: 5_000 });
    await cache.dump('dump');
    cache.close();
    const traits = [
      ['ada', 5, null, null],
      [['a', 1], 5, 1_000, 2_000, 10, ['people']],
    ];
    const content = codec.encodeList([traits, codec.encode('x'), codec.encode({ a: [1] })]);
    return [Buffer.concat([Buffer.of(0), stored.get('dump')!]), Buffer.concat([Buffer.of(2), content])];
  },
  async run(bytes) {
    const entries = bytes[0] ?? 0;
    const rest = bytes.subarray(1);
    const file = entries === 0 ? rest : around(rest, entries, rest.length);
    const cache = createCache<string, unknown>({ files: filesOf(new Map([['dump', file]])) });
    try {
      await cache.load('dump');
    } catch (error) {
      if (cache.size() > 0) throw new Flaw('a part of a damaged dump was loaded');
      throw error;
    } finally {
      cache.close();
    }
  },
};
