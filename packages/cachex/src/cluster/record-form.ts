import { Encoded, type ReplicaRecord } from '@cachex/router';
import { keyProblem } from '@cachex/router/hash';

type Check = (field: unknown) => boolean;

const text: Check = (field) => typeof field === 'string';
const number: Check = (field) => typeof field === 'number' && !Number.isNaN(field);
const truth: Check = (field) => typeof field === 'boolean';
const key: Check = (field) => keyProblem(field) === undefined;
const encoded: Check = (field) => field instanceof Encoded;
const anything: Check = () => true;
const maybe =
  (check: Check): Check =>
  (field) =>
    field === undefined || field === null || check(field);
const list =
  (check: Check): Check =>
  (field) =>
    Array.isArray(field) && field.every(check);
const pair =
  (one: Check, other: Check): Check =>
  (field) =>
    Array.isArray(field) && one(field[0]) && other(field[1]);
const bytes: Check = (field) => field instanceof Uint8Array;

/** What follows the type of each record by which a partition of a cache is copied. */
const forms: ReadonlyMap<unknown, readonly Check[]> = new Map<unknown, readonly Check[]>([
  [
    'write',
    [key, number, anything, number, number, maybe(number), maybe(number), maybe(number), maybe(list(text))],
  ],
  ['page', [number, encoded]],
  ['remove', [key, number]],
  ['lapse', [key, number]],
  ['warmer', [text, text, number, truth, truth, maybe(encoded)]],
  ['load', [key, number, text, maybe(number), maybe(list(text))]],
  ['lock', [text, text, number, list(pair(key, number)), maybe(pair(number, text)), maybe(bytes)]],
  ['unlock', [text]],
  ['decision', [text, number, number, list(number)]],
  ['decided', [text]],
]);

/**
 * Throws `RangeError` unless the fields of a record are what its type says: what is staged is only looked at when this node
 * takes the partition over, when it is too late. Records of types that are not known are left to later builds.
 */
export function checkRecord(record: ReplicaRecord): void {
  const form = forms.get(record[0]);
  if (form === undefined) return;
  for (let n = 0; n < form.length; n += 1)
    if (!form[n]!(record[n + 1])) throw new RangeError(`field ${n + 1} of a record '${record[0]}' is none`);
}
