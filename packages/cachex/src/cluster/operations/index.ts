// Written by `npm run gen` from the files of this folder. Do not edit.
import type { Operation } from '../operation.ts';
import { commitUpdate } from './commitUpdate.ts';
import { settle } from './settle.ts';

/** What nodes do for each other, by name. */
export const operations: Readonly<Record<string, Operation>> = {
  commitUpdate,
  settle,
};
