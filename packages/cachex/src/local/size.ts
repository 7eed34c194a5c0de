/** How far into a value an estimate looks. */
const deepest = 8;
const mostParts = 1_000;
const wide = /[\u0100-\uffff]/;

/**
 * How many bytes a value takes. Of strings, buffers and typed arrays that is what their contents are; of everything else it
 * is an estimate: 32 for an object and 16 for each of its properties, beside what these hold, as far as 8 levels and 1,000
 * objects; what is met again is not counted again.
 */
export function estimateSize(value: unknown): number {
  switch (typeof value) {
    case 'string':
      return stringSize(value);
    case 'number':
    case 'boolean':
    case 'undefined':
      return 8;
    case 'bigint':
      return 16 + Math.ceil(value.toString(16).length / 2);
    case 'object':
      if (value === null) return 8;
      return ArrayBuffer.isView(value) || value instanceof ArrayBuffer
        ? value.byteLength
        : sizeOfParts(value, 0, new Set());
    default:
      return 16;
  }
}

/** As it is held: one byte a character, or two where one of them needs that. */
function stringSize(text: string): number {
  return wide.test(text) ? 2 * text.length : text.length;
}

function sizeOfParts(object: object, depth: number, seen: Set<object>): number {
  if (depth >= deepest || seen.size >= mostParts) return 32;
  seen.add(object);
  const size = (part: unknown): number => {
    if (typeof part !== 'object' || part === null) return estimateSize(part);
    if (seen.has(part)) return 8;
    return ArrayBuffer.isView(part) || part instanceof ArrayBuffer
      ? 64 + part.byteLength
      : sizeOfParts(part, depth + 1, seen);
  };
  let total = 32;
  if (object instanceof Map) {
    for (const [key, member] of object) total += 16 + size(key) + size(member);
  } else if (object instanceof Set || Array.isArray(object)) {
    for (const member of object) total += 8 + size(member);
  } else {
    for (const member of Object.values(object)) total += 16 + size(member);
  }
  return total;
}
