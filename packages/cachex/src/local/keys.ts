import type { Key } from '@cachex/router/hash';

/** Whether two keys name the same entry: composite ones by content, `-0` is `0`, and `NaN` is `NaN`. */
export function sameKey(one: Key, other: Key): boolean {
  if (one === other) return true;
  if (typeof one === 'number') return Number.isNaN(one) && typeof other === 'number' && Number.isNaN(other);
  if (!Array.isArray(one) || !Array.isArray(other) || one.length !== other.length) return false;
  for (let index = 0; index < one.length; index += 1) if (!sameKey(one[index]!, other[index]!)) return false;
  return true;
}

/** The key as an entry keeps it: `-0` is `0`, and an array is copied, because its owner may change it later. */
export function ownKey(key: Key): Key {
  if (typeof key === 'number') return key === 0 ? 0 : key;
  return typeof key === 'object' && key !== null ? Object.freeze(key.map(ownKey)) : key;
}
