// Written by `npm run gen` from the files of this folder. Do not edit.
import type { Operation } from '../operation.ts';
import { apply } from './apply.ts';
import { commit } from './commit.ts';
import { confirm } from './confirm.ts';
import { execute } from './execute.ts';
import { lock } from './lock.ts';
import { outcome } from './outcome.ts';
import { renew } from './renew.ts';
import { settle } from './settle.ts';
import { stage } from './stage.ts';
import { unlock } from './unlock.ts';
import { unlocked } from './unlocked.ts';

/** What nodes do for each other, by name. */
export const operations: Readonly<Record<string, Operation>> = {
  apply,
  commit,
  confirm,
  execute,
  lock,
  outcome,
  renew,
  settle,
  stage,
  unlock,
  unlocked,
};
