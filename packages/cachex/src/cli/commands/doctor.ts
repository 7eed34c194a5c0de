import { setTimeout as wait } from 'node:timers/promises';
import { packageVersion } from '../../cluster/package-version.ts';
import {
  clocks,
  type Examined,
  eventLoops,
  examine,
  type Finding,
  partitions,
  reachability,
  versions,
} from '../checkup.ts';
import type { Command } from '../command.ts';
import { exitCodes } from '../failure.ts';
import { checkMember } from '../members.ts';

/** How long event loops are watched, in ms; nodes tell of at least a second. */
const watched = 1_100;

export const doctor: Command = {
  name: 'doctor',
  about: 'ask every node what could be wrong: answers, links, clocks, event loops, versions',
  details: ['It takes about a second. The exit code is 1 if there is a problem; a warning is none.'],
  arguments: [{ name: 'node', about: 'only this one', optional: true }],
  options: [],
  joins: true,
  examples: ['doctor --cluster shop', 'doctor --json'],
  async run(given, { connect, others, output, signal, timeout, vitals }) {
    const node = await connect();
    const [chosen] = given.words('node');
    if (chosen !== undefined) checkMember(node, chosen);
    const ids = chosen === undefined ? await others() : [chosen];
    // From the first time that they are asked, nodes watch themselves.
    await vitals(ids);
    await wait(watched, undefined, { signal });
    const asked = ids.map(async (id) => [id, await examine(node, id, timeout)] as const);
    const examined = new Map<string, Examined>(
      (await Promise.allSettled(asked)).flatMap((each) => (each.status === 'fulfilled' ? [each.value] : [])),
    );
    const status = node.status();
    const findings: Finding[] = [
      ...reachability(ids, examined),
      clocks(examined),
      eventLoops(examined, node.view),
      ...versions(examined, packageVersion(), status),
      ...partitions(status, node.view, node.id),
    ];
    const width = Math.max(...findings.map(({ check }) => check.length));
    for (const finding of findings) {
      const { check, verdict, says, advice } = finding;
      output.result(finding, () => [
        output.cut(`${marks[verdict]}  ${check.padEnd(width)}  ${says}`),
        ...(advice === undefined ? [] : [output.weak(`        ${advice}`)]),
      ]);
    }
    return findings.some(({ verdict }) => verdict === 'problem') ? exitCodes.no : exitCodes.done;
  },
};

const marks: Readonly<Record<Finding['verdict'], string>> = {
  ok: 'ok     ',
  warning: 'warning',
  problem: 'PROBLEM',
};
