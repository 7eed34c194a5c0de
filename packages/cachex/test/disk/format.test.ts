import { crc32, deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { magic } from '../../src/disk/format.ts';
import { createCache } from '../../src/index.ts';
import { MemoryFiles } from '../memory-files.ts';

let whole: Buffer;

beforeAll(async () => {
  const files = new MemoryFiles();
  const cache = createCache<number, unknown>({ files });
  for (let key = 0; key < 400; key += 1) cache.put(key, { key, text: `${key} `.repeat(400), list: [key] });
  await cache.dump('dump');
  cache.close();
  whole = files.stored.get('dump')!;
});

/** What becomes of a file that is loaded, and how many entries there are then. */
async function loaded(bytes: Buffer): Promise<{ outcome: unknown; size: number }> {
  const files = new MemoryFiles();
  files.stored.set('dump', bytes);
  const cache = createCache<number, unknown>({ files });
  const outcome = await cache.load('dump').catch((error: unknown) => error);
  const size = cache.size();
  cache.close();
  return { outcome, size };
}

async function expectRefused(bytes: Buffer): Promise<void> {
  const { outcome, size } = await loaded(bytes);
  expect(outcome).toMatchObject({
    code: 'INVALID_DUMP',
    offset: expect.any(Number),
    message: expect.stringMatching(/^dump: .*, at byte \d+$/),
  });
  expect(size).toBe(0);
}

function flipped(at: number, mask: number): Buffer {
  const bytes = Buffer.from(whole);
  bytes[at]! ^= mask;
  return bytes;
}

describe('a dump', () => {
  it('is loaded as it is, and has several blocks', async () => {
    expect(await loaded(whole)).toEqual({ outcome: 400, size: 400 });
    expect(whole.readUInt32BE(whole.length - 48)).toBeGreaterThan(1);
  });

  it('of which any one byte differs is refused, and nothing of it loaded', async () => {
    const edges = [...Array(80).keys()].flatMap((n) => [n, whole.length - 1 - n]);
    for (const at of edges) await expectRefused(flipped(at, 1 << (at % 8)));
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: whole.length - 1 }),
        fc.integer({ min: 1, max: 255 }),
        (at, mask) => expectRefused(flipped(at, mask)),
      ),
      { numRuns: 300 },
    );
  });

  it('is refused with the offset at which the damaged part begins', async () => {
    const starts = [0, 20 + whole.readUInt32BE(12)];
    const blocks = whole.readUInt32BE(whole.length - 48);
    for (let n = 0; n < blocks; n += 1)
      starts.push(starts.at(-1)! + 21 + whole.readUInt32BE(starts.at(-1)! + 9));
    for (const [n, start] of starts.slice(0, -1).entries()) {
      // What follows the lengths, and the last byte of the part.
      for (const at of [start + 18, starts[n + 1]! - 1]) {
        const { outcome } = await loaded(flipped(at, 1));
        expect(outcome, `byte ${at}`).toMatchObject({ code: 'INVALID_DUMP', offset: start });
      }
    }
  });

  it('that ends too early, goes on, or lacks a piece is refused, and nothing of it loaded', async () => {
    for (let length = 0; length < 80; length += 1) await expectRefused(whole.subarray(0, length));
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: whole.length - 1 }), fc.nat({ max: 200 }), async (at, length) => {
        await expectRefused(whole.subarray(0, at));
        await expectRefused(Buffer.concat([whole.subarray(0, at), whole.subarray(at + length + 1)]));
        await expectRefused(Buffer.concat([whole, whole.subarray(at)]));
      }),
      { numRuns: 100 },
    );
  });

  it('is refused where two of its blocks are exchanged', async () => {
    const header = 20 + whole.readUInt32BE(12);
    const first = 21 + whole.readUInt32BE(header + 9);
    const second = 21 + whole.readUInt32BE(header + first + 9);
    const blocks = [
      whole.subarray(header + first, header + first + second),
      whole.subarray(header, header + first),
    ];
    const rest = whole.subarray(header + first + second);
    await expectRefused(Buffer.concat([whole.subarray(0, header), ...blocks, rest]));
  });
});

/** A file with one block, whose checksums are right, whatever is in it. */
function crafted(block: { entries: number; length: number; stored: Buffer; claimed?: number }): Buffer {
  const text = Buffer.from(JSON.stringify({ cache: 'crafted', created: Date.now() }));
  const head = Buffer.alloc(20 + text.length);
  head.set(magic);
  head.writeUInt16BE(1, 8);
  head.writeUInt32BE(text.length, 12);
  head.set(text, 16);
  head.writeUInt32BE(crc32(head.subarray(0, -4)), head.length - 4);
  const header = Buffer.alloc(21);
  header.writeUInt8(1);
  header.writeUInt32BE(block.entries, 1);
  header.writeUInt32BE(block.length, 5);
  header.writeUInt32BE(block.claimed ?? block.stored.length, 9);
  header.writeUInt32BE(crc32(block.stored), 13);
  header.writeUInt32BE(crc32(header.subarray(0, 17)), 17);
  return Buffer.concat([head, header, block.stored]);
}

describe('a file that was made to do harm', () => {
  it.each<[what: string, block: Parameters<typeof crafted>[0], message: RegExp]>([
    [
      'more than a block may have',
      { entries: 1, length: 2 ** 32 - 1, stored: Buffer.alloc(9) },
      /a block of 1 entries, 4294967295 bytes/,
    ],
    [
      'more stored than that can take',
      { entries: 1, length: 10, stored: Buffer.alloc(9), claimed: 2 ** 30 },
      /1073741824 stored ones/,
    ],
    [
      'more stored than there is',
      { entries: 1, length: 2 ** 25, stored: Buffer.alloc(9), claimed: 2 ** 24 },
      /the file ends too early/,
    ],
    [
      'less than it inflates to',
      { entries: 1, length: 100, stored: deflateRawSync(Buffer.alloc(100_000)) },
      /the block cannot be read/,
    ],
    [
      'more than it inflates to',
      { entries: 1, length: 100, stored: deflateRawSync(Buffer.alloc(50)) },
      /50 bytes instead of 100/,
    ],
    [
      'no entries',
      { entries: 0, length: 1, stored: deflateRawSync(Buffer.alloc(1)) },
      /a block of 0 entries/,
    ],
    [
      'what are no entries',
      { entries: 1, length: 100, stored: deflateRawSync(Buffer.alloc(100)) },
      /the block cannot be read/,
    ],
  ])('by claiming %s is refused', async (_what, block, message) => {
    const { outcome, size } = await loaded(crafted(block));
    expect(outcome).toMatchObject({ code: 'INVALID_DUMP', message: expect.stringMatching(message) });
    expect(size).toBe(0);
  });

  it('of another version is refused', async () => {
    const bytes = Buffer.from(whole);
    bytes.writeUInt16BE(2, 8);
    const { outcome } = await loaded(bytes);
    expect(outcome).toMatchObject({ code: 'INVALID_DUMP', offset: 0, message: /version 2 is not known/ });
  });
});
