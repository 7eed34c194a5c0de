import { parseArgs } from 'node:util';

/** What to do, and how. */
export interface CommandLine {
  /** Names of suites; of a report, which to record anew: all unless some are named. */
  readonly suites: readonly string[];
  readonly report: boolean;
  readonly json: boolean;
  readonly full: boolean;
  readonly only?: string;
  readonly rounds: number;
}

/** A command line that says nothing that we know. */
export class UsageError extends Error {}

const fewestRounds = 5;

/** Reads the arguments; `known` are the suites that there are. */
export function parseCommandLine(args: readonly string[], known: readonly string[]): CommandLine {
  const usage = `npm run bench -- ${known.join('|')} [--json] [--full] [--only <text>] [--rounds <n>]
npm run bench -- report [${known.join('|')}]... [--full]`;
  const refuse = (what: string): never => {
    throw new UsageError(`${what}\n\n${usage}`);
  };
  const { values, positionals } = parse(args, refuse);
  const [first, ...rest] = positionals;
  const report = first === 'report';
  const suites = report ? (rest.length === 0 ? known : rest) : positionals;
  if (suites.length === 0) refuse('Which suite?');
  for (const suite of suites) if (!known.includes(suite)) refuse(`There is no suite '${suite}'.`);
  const rounds = Number(values.rounds ?? fewestRounds);
  if (!Number.isInteger(rounds) || rounds < 1) refuse(`--rounds: ${values.rounds} is no number of rounds.`);
  if (report && values.only !== undefined) refuse('A report is of whole suites: it takes no --only.');
  return {
    ...{ suites, report, rounds },
    json: values.json === true,
    full: values.full === true,
    ...(values.only === undefined ? {} : { only: values.only }),
  };
}

function parse(args: readonly string[], refuse: (what: string) => never) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        json: { type: 'boolean' },
        full: { type: 'boolean' },
        only: { type: 'string' },
        rounds: { type: 'string' },
      },
    });
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
}
