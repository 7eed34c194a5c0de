// Written by `npm run gen` from the files of this folder. Do not edit.
import type { Operation } from '../operation.ts';
import { listKeys } from './listKeys.ts';
import { readEntries } from './readEntries.ts';
import { settle } from './settle.ts';
import { writeEntries } from './writeEntries.ts';

/** What nodes do for each other, by name. */
export const operations: Readonly<Record<string, Operation>> = {
  listKeys,
  readEntries,
  settle,
  writeEntries,
};
