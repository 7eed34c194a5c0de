import type { Command } from '../command.ts';
import { bench } from './bench.ts';
import { completion } from './completion.ts';
import { dashboard } from './dashboard.ts';
import { del } from './del.ts';
import { doctor } from './doctor.ts';
import { drain } from './drain.ts';
import { dump } from './dump.ts';
import { explain } from './explain.ts';
import { forget } from './forget.ts';
import { get } from './get.ts';
import { inspect } from './inspect.ts';
import { keys } from './keys.ts';
import { load } from './load.ts';
import { put } from './put.ts';
import { status } from './status.ts';
import { stream } from './stream.ts';
import { top } from './top.ts';
import { weight } from './weight.ts';

/** The commands, in the order in which the help lists them. */
export const commands: readonly Command[] = [
  ...[status, top, doctor, dashboard],
  ...[get, put, del, keys, stream, explain, inspect],
  ...[dump, load],
  ...[weight, drain, forget],
  ...[bench, completion(() => commands)],
];
