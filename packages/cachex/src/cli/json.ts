/**
 * A value as JSON can show it, where that has no such type: a Map as a list of pairs, a Set as a list, bytes in base64, a
 * bigint as its digits, an Error as its name and message, and what is no number as `null`. Made to be read, not to be loaded.
 */
export function toJson(value: unknown, within: readonly object[] = []): unknown {
  switch (typeof value) {
    case 'bigint':
      return value.toString();
    case 'object':
      break;
    default:
      return value;
  }
  if (value === null || value instanceof Date) return value;
  if (within.includes(value)) return '(itself)';
  const each = (item: unknown): unknown => toJson(item, [...within, value]);
  if (value instanceof Map) return [...value].map(([key, item]) => [each(key), each(item)]);
  if (Array.isArray(value) || value instanceof Set) return [...value].map(each);
  if (ArrayBuffer.isView(value))
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64');
  if (value instanceof RegExp) return String(value);
  if (value instanceof Error) return { name: value.name, message: value.message };
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, each(item)]));
}
