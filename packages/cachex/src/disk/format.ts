/** The file that `dump` writes; docs/disk.md describes it byte by byte. Numbers are big-endian. */

/** With a byte that is no ASCII, and a line end that conversions change. */
export const magic: Uint8Array = Uint8Array.of(0x89, 0x43, 0x41, 0x43, 0x48, 0x45, 0x58, 0x0a);

export const version = 1;

/** Magic, version, two bytes of zeros, and the length of the metadata. */
export const preludeLength = 16;
export const mostMetadata: number = 64 * 1024;
export const checksumLength = 4;

export const Kind = { block: 1, trailer: 2 } as const;

/** Kind, entries, length, stored length, checksum of what is stored, checksum of all this. */
export const blockHeaderLength = 21;

/** Kind, blocks, entries, length of the file, SHA-256 of everything before. */
export const trailerLength = 49;

/** A block is written when it has this many bytes; a single entry may have more. */
export const enoughBytes: number = 256 * 1024;

/** No block is longer, whatever its header claims. */
export const mostBytes: number = 64 * 1024 * 1024;

/** An entry may have so many bytes; it shares its block with others. */
export const largestEntry: number = mostBytes - 2 * enoughBytes;

/** What deflating can add to data that cannot be compressed, and more. */
export function mostStored(length: number): number {
  return length + (length >> 8) + 64;
}

/** What a dump says of itself; readers ignore fields that they do not know. */
export interface Metadata {
  /** The name of the cache. */
  readonly cache: string;
  /** When the dump began, in milliseconds since 1970. What is left of entries' times is counted from then. */
  readonly created: number;
}
