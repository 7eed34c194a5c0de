// Written by `npm run gen` from the files of this folder. Do not edit.
import type { AnyComposition } from '../composition.ts';
import { fetch } from './fetch.ts';
import { fetchSync } from './fetchSync.ts';

/** How the actions that run at their caller are made of others, by name. */
export const compositions: Readonly<Record<string, AnyComposition>> = {
  fetch,
  fetchSync,
};
