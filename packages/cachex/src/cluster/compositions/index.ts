// Written by `npm run gen` from the files of this folder. Do not edit.
import type { AnyComposition } from '../composition.ts';
import { execute } from './execute.ts';
import { transaction } from './transaction.ts';
import { update } from './update.ts';

/** How the actions that run at their caller are made of others, by name. */
export const compositions: Readonly<Record<string, AnyComposition>> = {
  execute,
  transaction,
  update,
};
