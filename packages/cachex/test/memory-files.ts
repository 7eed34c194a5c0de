import type { Files, NewFile, StoredFile } from '../src/index.ts';

/** Files in memory. Nothing has to be waited for, so that they work on simulated time as well. */
export class MemoryFiles implements Files {
  /** What is in its place. */
  readonly stored = new Map<string, Buffer>();
  /** How many files were begun and neither published nor discarded. */
  unfinished = 0;
  /** The number of writes after which one fails. */
  failAfter = Number.POSITIVE_INFINITY;

  async create(path: string): Promise<NewFile> {
    const pieces: Uint8Array[] = [];
    this.unfinished += 1;
    return {
      write: async (bytes) => {
        this.failAfter -= 1;
        if (this.failAfter < 0) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
        pieces.push(Buffer.from(bytes));
      },
      publish: async () => {
        this.unfinished -= 1;
        this.stored.set(path, Buffer.concat(pieces));
      },
      discard: async () => {
        this.unfinished -= 1;
      },
    };
  }

  async open(path: string): Promise<StoredFile> {
    const bytes = this.stored.get(path);
    if (bytes === undefined) throw Object.assign(new Error(`no such file: ${path}`), { code: 'ENOENT' });
    return {
      size: bytes.length,
      read: async (position, length) => bytes.subarray(position, position + length),
      close: async () => {},
    };
  }
}
