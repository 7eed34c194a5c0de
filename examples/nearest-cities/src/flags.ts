import { parseArgs } from 'node:util';

export interface Flags {
  readonly nodes: number;
  readonly seconds: number;
  readonly keep: boolean;
  /** 0: any free ones. */
  readonly port: number;
  readonly json: boolean;
  readonly help: boolean;
}

/** Its message is a sentence for the person who typed the flag. */
export class FlagError extends Error {}

export const HELP = `Three processes, one cache: the nearest neighbours of the world's cities.

  npm start -- [flags]

At one third of the run another process joins, at two thirds it leaves, and its
share of the cache moves while the load goes on. A run that is too short for
that goes on until it has left.

  --nodes <n>      how many processes at first, 1 to 16 (3)
  --seconds <s>    how long, 1 to 3600 (20)
  --keep           until Ctrl-C; another process joins after 10 s, leaves 10 s
                   later, joins again 10 s after that, and so on
  --port <p>       serve on this port, the next one, ... (any free ones)
  --json           print one line of JSON and nothing else
  --help           print this
`;

const OPTIONS = {
  nodes: { type: 'string' },
  seconds: { type: 'string' },
  keep: { type: 'boolean' },
  port: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

export function parseFlags(args: readonly string[]): Flags {
  // Not `strict`: its complaints run over several lines, and it refuses `--seconds -1` for the wrong reason.
  const { tokens } = parseArgs({ args: [...args], options: OPTIONS, strict: false, tokens: true });
  const given = new Map<string, string>();
  for (const token of tokens) {
    if (token.kind === 'positional')
      throw new FlagError(`"${token.value}" is not a flag; --help lists them.`);
    if (token.kind === 'option-terminator') continue;
    given.set(known(token.name, token.rawName, token.value), token.value ?? '');
  }

  const nodes = wholeNumber(given, 'nodes', 1, 16, 3);
  const port = wholeNumber(given, 'port', 0, 65_535, 0);
  if (port > 0 && port + nodes > 65_535) {
    throw new FlagError(
      `--port ${port} leaves no ports for ${nodes} nodes and the one that joins; the last port is 65535.`,
    );
  }
  return {
    nodes,
    port,
    seconds: number(given, 'seconds', 1, 3_600, 20),
    keep: given.has('keep'),
    json: given.has('json'),
    help: given.has('help'),
  };
}

function known(name: string, rawName: string, value: string | undefined): string {
  if (!Object.hasOwn(OPTIONS, name)) throw new FlagError(`There is no flag ${rawName}; --help lists them.`);
  const takesValue = OPTIONS[name as keyof typeof OPTIONS].type === 'string';
  if (takesValue && value === undefined) throw new FlagError(`${rawName} needs a value.`);
  if (!takesValue && value !== undefined) throw new FlagError(`${rawName} takes no value.`);
  return name;
}

function number(given: Map<string, string>, name: string, from: number, to: number, usual: number): number {
  const text = given.get(name);
  if (text === undefined) return usual;
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= from && value <= to)) {
    throw new FlagError(`--${name} must be a number from ${from} to ${to}, not "${text}".`);
  }
  return value;
}

function wholeNumber(
  given: Map<string, string>,
  name: string,
  from: number,
  to: number,
  usual: number,
): number {
  const value = number(given, name, from, to, usual);
  if (!Number.isInteger(value)) throw new FlagError(`--${name} must be a whole number, not "${value}".`);
  return value;
}
