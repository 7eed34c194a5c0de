// Written by `npm run gen` from the files of this folder. Do not edit.
import type { AnyComposition } from '../composition.ts';
import { dump } from './dump.ts';
import { entries } from './entries.ts';
import { execute } from './execute.ts';
import { explain } from './explain.ts';
import { exportComposition } from './export.ts';
import { fetch } from './fetch.ts';
import { fetchSync } from './fetchSync.ts';
import { getAndUpdate } from './getAndUpdate.ts';
import { importComposition } from './import.ts';
import { inspect } from './inspect.ts';
import { load } from './load.ts';
import { ready } from './ready.ts';
import { reset } from './reset.ts';
import { stats } from './stats.ts';
import { stream } from './stream.ts';
import { transaction } from './transaction.ts';
import { update } from './update.ts';
import { warm } from './warm.ts';

/** How the actions that run at their caller are made of others, by name. */
export const compositions: Readonly<Record<string, AnyComposition>> = {
  dump,
  entries,
  execute,
  explain,
  export: exportComposition,
  fetch,
  fetchSync,
  getAndUpdate,
  import: importComposition,
  inspect,
  load,
  ready,
  reset,
  stats,
  stream,
  transaction,
  update,
  warm,
};
