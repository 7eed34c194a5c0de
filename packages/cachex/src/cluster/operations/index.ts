// Written by `npm run gen` from the files of this folder. Do not edit.
import type { Operation } from '../operation.ts';
import { apply } from './apply.ts';
import { clear } from './clear.ts';
import { commit } from './commit.ts';
import { commitUpdate } from './commitUpdate.ts';
import { confirm } from './confirm.ts';
import { execute } from './execute.ts';
import { inspect } from './inspect.ts';
import { lease } from './lease.ts';
import { listKeys } from './listKeys.ts';
import { lock } from './lock.ts';
import { outcome } from './outcome.ts';
import { prolong } from './prolong.ts';
import { readEntries } from './readEntries.ts';
import { renew } from './renew.ts';
import { reset } from './reset.ts';
import { settle } from './settle.ts';
import { stage } from './stage.ts';
import { stats } from './stats.ts';
import { unlock } from './unlock.ts';
import { unlocked } from './unlocked.ts';
import { vitals } from './vitals.ts';
import { warm } from './warm.ts';
import { warmed } from './warmed.ts';
import { warming } from './warming.ts';
import { writeEntries } from './writeEntries.ts';

/** What nodes do for each other, by name. */
export const operations: Readonly<Record<string, Operation>> = {
  apply,
  clear,
  commit,
  commitUpdate,
  confirm,
  execute,
  inspect,
  lease,
  listKeys,
  lock,
  outcome,
  prolong,
  readEntries,
  renew,
  reset,
  settle,
  stage,
  stats,
  unlock,
  unlocked,
  vitals,
  warm,
  warmed,
  warming,
  writeEntries,
};
