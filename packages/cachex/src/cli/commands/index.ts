import type { Command } from '../command.ts';
import { del } from './del.ts';
import { get } from './get.ts';
import { keys } from './keys.ts';
import { put } from './put.ts';
import { status } from './status.ts';

/** The commands, in the order in which the help lists them. */
export const commands: readonly Command[] = [status, get, put, del, keys];
