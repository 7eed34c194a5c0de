/** Of an extension: how many values follow its payload, as the unpacker reads it. Those that no codec writes are refused. */
const followers: ReadonlyMap<number, number> = new Map([
  [0x00, 0], // undefined
  [0x42, 0], // a large BigInt
  [0x65, 1], // an error
  [0x69, 1], // what is referred to again
  [0x70, 0], // a reference
  [0x73, 1], // a Set
  [0x74, 0], // a typed array
  [0x78, 1], // a RegExp
  [0xff, 0], // a Date
]);

const recordType = 0x72;
const referenceTypes: readonly number[] = [0x69, 0x70];

/** Bytes behind the mark of a token from 0xc0 to 0xdf that are a number, or the length of one; -1: none is written. */
const widths = [
  0, -1, 0, 0, 1, 2, 4, 1, 2, 4, 4, 8, 1, 2, 4, 8, 1, 2, 4, 8, 1, 2, 4, 8, 16, 1, 2, 4, 2, 4, 2, 4,
];

/**
 * Checks that a range of bytes is one whole msgpack message of the kind that a codec writes, without reading its values:
 * the unpacker trusts what is announced, knows extensions that jump about, and writes out whatever has bytes behind it.
 * It takes a step for each value. Throws `RangeError`.
 */
export function checkMessage(bytes: Uint8Array, from: number, to: number): void {
  let at = from;
  /** Values that must still come: each takes a byte at least. */
  let pending = 1;
  /** How many names each record has that was introduced. */
  let records: number[] | undefined;
  while (pending > 0) {
    if (pending > to - at) throw new RangeError('a value that is cut short');
    pending -= 1;
    const token = bytes[at]!;
    at += 1;
    if (token < 0x80) pending += token < 0x40 ? 0 : (records?.[token & 0x3f] ?? 0);
    else if (token < 0x90) pending += 2 * (token & 0xf);
    else if (token < 0xa0) pending += token & 0xf;
    else if (token < 0xc0) at += token & 0x1f;
    else if (token < 0xe0) {
      const width = widths[token - 0xc0]!;
      if (width < 0) throw new RangeError(`a token ${token} that is never sent`);
      if (token >= 0xdc) pending += (token < 0xde ? 1 : 2) * numberAt(bytes, at, width);
      else if (token >= 0xd9 || (token >= 0xc4 && token <= 0xc6)) at += numberAt(bytes, at, width);
      at += width;
      if ((token < 0xc7 || token > 0xc9) && (token < 0xd4 || token > 0xd8)) continue;
      const fixed = token >= 0xd4;
      // Those of a fixed length have their type first, which was not gone past.
      const length = fixed ? width : numberAt(bytes, at - width, width);
      const start = fixed ? at - width : at;
      const type = bytes[start];
      if (type === undefined) throw new RangeError('an extension where there is none');
      if (type === recordType && token === 0xd4) {
        const names = namesAt(bytes, start + 2);
        at = afterNames(bytes, start + 2, Math.min(names, to - start));
        records ??= [];
        records[bytes[start + 1]! & 0x3f] = names;
        pending += names;
      } else {
        const more = followers.get(type);
        if (more === undefined || (referenceTypes.includes(type) && length !== 4))
          throw new RangeError(`an extension ${type} that is never sent`);
        at = start + 1 + length;
        pending += more;
      }
    }
  }
  // What was read beyond the end is no number.
  if (at !== to) throw new RangeError(at < to ? 'bytes after a value' : 'a value that is cut short');
}

function numberAt(bytes: Uint8Array, at: number, width: number): number {
  if (width === 1) return bytes[at]!;
  const high = bytes[at]! * 256 + bytes[at + 1]!;
  return width === 2 ? high : high * 65_536 + bytes[at + 2]! * 256 + bytes[at + 3]!;
}

/** How many elements the list has that begins there. */
function namesAt(bytes: Uint8Array, at: number): number {
  const token = bytes[at]!;
  if (token >>> 4 === 9) return token & 0xf;
  if (token === 0xdc || token === 0xdd) return numberAt(bytes, at + 1, widths[token - 0xc0]!);
  throw new RangeError('a record without names');
}

/** Where the list that begins there ends, if its elements are texts. */
function afterNames(bytes: Uint8Array, from: number, names: number): number {
  const token = bytes[from]!;
  let at = from + 1 + (token >= 0xc0 ? widths[token - 0xc0]! : 0);
  for (let n = 0; n < names; n += 1) {
    const mark = bytes[at]!;
    at += 1;
    if (mark >>> 5 === 5) at += mark & 0x1f;
    else if (mark >= 0xd9 && mark <= 0xdb) {
      const width = widths[mark - 0xc0]!;
      at += width + numberAt(bytes, at, width);
    } else throw new RangeError('a record with a name that is no text');
  }
  return at;
}
