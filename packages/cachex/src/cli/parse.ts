import { parseArgs } from 'node:util';
import { suggestion } from '../describe.ts';
import { parseDuration } from '../duration.ts';
import type { Argument, Command, Given, Option } from './command.ts';
import { commonOptions, joinOptions, optionsOf } from './command.ts';
import { usage } from './failure.ts';

/** What was asked for: a command with what it is given, or help. */
export type Request =
  | { readonly kind: 'command'; readonly command: Command; readonly given: Given }
  | { readonly kind: 'help'; readonly command: Command | undefined }
  | { readonly kind: 'version' };

/** Reads the command line. What is wrong with it is a failure that says what would be right. */
export function parse(words: readonly string[], commands: readonly Command[]): Request {
  const name = commandOf(words);
  if (name === undefined) {
    if (words.includes('--version')) return { kind: 'version' };
    if (words.length === 0 || words.includes('--help')) return { kind: 'help', command: undefined };
    throw usage('there is no command', '`cachex --help` lists them');
  }
  const rest = words.filter((_, n) => n !== name.at);
  if (name.word === 'help') return { kind: 'help', command: find(rest[0], commands) };
  const command = find(name.word, commands)!;
  const { options, positionals } = split(command, rest);
  if (options.has('help')) return { kind: 'help', command };
  return { kind: 'command', command, given: given(command, options, positionals) };
}

/** The first word that is neither an option nor the value of one. */
function commandOf(words: readonly string[]): { word: string; at: number } | undefined {
  const { tokens } = parseArgs({
    args: [...words],
    options: typesOf([...joinOptions, ...commonOptions]),
    strict: false,
    tokens: true,
  });
  const token = tokens.find(({ kind }) => kind === 'positional');
  return token?.kind === 'positional' ? { word: token.value, at: token.index } : undefined;
}

function find(word: string | undefined, commands: readonly Command[]): Command | undefined {
  if (word === undefined) return undefined;
  const command = commands.find(({ name }) => name === word);
  if (command !== undefined) return command;
  const names = commands.map(({ name }) => name);
  throw usage(
    `there is no command '${word}'; ${suggestion(word, names)}`,
    '`cachex --help` tells what each does',
  );
}

function typesOf(options: readonly Option[]): Record<string, { type: 'string' | 'boolean' }> {
  return Object.fromEntries(
    options.map(({ name, value }) => [name, { type: value === undefined ? 'boolean' : 'string' }]),
  );
}

function split(
  command: Command,
  words: readonly string[],
): { options: Map<string, string | true>; positionals: string[] } {
  const known = optionsOf(command);
  const options = new Map<string, string | true>();
  const positionals: string[] = [];
  const { tokens } = parseArgs({ args: [...words], options: typesOf(known), strict: false, tokens: true });
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value);
    if (token.kind !== 'option') continue;
    const { name, rawName, value, inlineValue } = token;
    const option = known.find((each) => each.name === name);
    if (option === undefined || !rawName.startsWith('--')) {
      const names = known.map((each) => `--${each.name}`);
      const more = rawName.startsWith('--') ? '' : '; put -- before what begins with - and is no option';
      throw usage(
        `${command.name} has no option ${rawName}; ${suggestion(rawName, names)}${more}`,
        seeHelp(command),
      );
    }
    if (option.value === undefined && value !== undefined)
      throw usage(`${rawName} is a switch and takes no value`, seeHelp(command));
    if (
      option.value !== undefined &&
      (value === undefined || (inlineValue !== true && value.startsWith('-')))
    )
      throw usage(`${rawName} needs a value: ${rawName} <${option.value}>`, seeHelp(command));
    options.set(name, value ?? true);
  }
  return { options, positionals };
}

function given(
  command: Command,
  options: ReadonlyMap<string, string | true>,
  positionals: readonly string[],
): Given {
  const places = new Map<string, readonly string[]>();
  let at = 0;
  for (const argument of command.arguments) {
    const taken = positionals.slice(at, argument.many === true ? undefined : at + 1);
    if (taken.length === 0 && argument.optional !== true)
      throw usage(`${command.name}: <${argument.name}> is missing: ${argument.about}`, seeHelp(command));
    for (const word of taken) checkChoice(command, argument, word);
    places.set(argument.name, taken);
    at += taken.length;
  }
  if (at < positionals.length)
    throw usage(`${command.name}: '${positionals[at]}' is one word too many`, seeHelp(command));
  const option = (name: string): string | undefined => {
    const value = options.get(name);
    return value === true ? undefined : value;
  };
  return {
    argument: (name) => places.get(name)![0]!,
    words: (name) => places.get(name)!,
    option,
    flag: (name) => options.has(name),
    duration(name, otherwise) {
      const text = option(name);
      if (text === undefined) return otherwise;
      try {
        return parseDuration(`--${name}`, text);
      } catch (error) {
        throw usage((error as Error).message, seeHelp(command));
      }
    },
    count(name, otherwise) {
      const text = option(name);
      if (text === undefined) return otherwise;
      const number = Number(text);
      if (Number.isSafeInteger(number) && number >= 1) return number;
      throw usage(`--${name}: '${text}' is not a whole number from 1`, seeHelp(command));
    },
  };
}

function checkChoice(command: Command, { name, choices }: Argument, word: string): void {
  if (choices === undefined || choices.includes(word)) return;
  throw usage(
    `${command.name}: <${name}> cannot be '${word}'; ${suggestion(word, choices)}`,
    seeHelp(command),
  );
}

function seeHelp({ name }: Command): string {
  return `\`cachex ${name} --help\` tells how it is used`;
}
