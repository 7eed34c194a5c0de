// Written by `npm run gen` from the files of this folder. Do not edit.
import type { Operation } from '../operation.ts';
import { clear } from './clear.ts';
import { commitUpdate } from './commitUpdate.ts';
import { inspect } from './inspect.ts';
import { lease } from './lease.ts';
import { listKeys } from './listKeys.ts';
import { readEntries } from './readEntries.ts';
import { renew } from './renew.ts';
import { reset } from './reset.ts';
import { settle } from './settle.ts';
import { stats } from './stats.ts';
import { warm } from './warm.ts';
import { warmed } from './warmed.ts';
import { warming } from './warming.ts';
import { writeEntries } from './writeEntries.ts';

/** What nodes do for each other, by name. */
export const operations: Readonly<Record<string, Operation>> = {
  clear,
  commitUpdate,
  inspect,
  lease,
  listKeys,
  readEntries,
  renew,
  reset,
  settle,
  stats,
  warm,
  warmed,
  warming,
  writeEntries,
};
