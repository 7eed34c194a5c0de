import type { Argument, Command } from './command.ts';
import { commonOptions, joinOptions, type Option } from './command.ts';

const width = 80;

/** Help about the program: all commands. */
export function programHelp(commands: readonly Command[]): string[] {
  return [
    'cachex: look into a running cluster, change it, and ask what is wrong',
    '',
    'Usage: cachex <command> [arguments] [options]',
    '',
    'Commands:',
    ...entries(commands.map(({ name, about }) => [name, about])),
    '',
    'Which cluster (all commands that join one):',
    ...optionLines(joinOptions),
    '',
    'Everywhere:',
    ...optionLines(commonOptions),
    '',
    '`cachex <command> --help` tells more, with examples.',
  ];
}

/** Help about one command. */
export function commandHelp(command: Command): string[] {
  const { arguments: places, options, joins, about, details = [], examples } = command;
  return [
    ...wrap(`cachex ${command.name}: ${about}`, 0),
    ...details.flatMap((paragraph) => ['', ...wrap(paragraph, 0)]),
    '',
    `Usage: ${usageOf(command)}`,
    ...section('Arguments:', entries(places.map((argument) => [argument.name, aboutArgument(argument)]))),
    ...section('Options:', optionLines([...options, ...commonOptions])),
    ...section('Which cluster:', joins ? optionLines(joinOptions) : []),
    ...section(
      'Examples:',
      examples.map((example) => `  cachex ${example}`),
    ),
  ];
}

/** How a command is written, in a line. */
export function usageOf({ name, arguments: places, options, joins }: Command): string {
  const shown = places.map((argument) => {
    const text = `${argument.name}${argument.many === true ? '...' : ''}`;
    return argument.optional === true ? `[${text}]` : `<${text}>`;
  });
  const more = options.length > 0 || joins ? ['[options]'] : [];
  return ['cachex', name, ...shown, ...more].join(' ');
}

function aboutArgument({ about, choices }: Argument): string {
  return choices === undefined ? about : `${about}: ${choices.join(', ')}`;
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ['', title, ...lines];
}

function optionLines(options: readonly Option[]): string[] {
  return entries(
    options.map(({ name, value, about }) => [`--${name}${value === undefined ? '' : ` <${value}>`}`, about]),
  );
}

/** Names, and what there is to say about each, in two columns. */
function entries(rows: readonly (readonly [name: string, about: string])[]): string[] {
  const column = Math.max(0, ...rows.map(([name]) => name.length)) + 4;
  return rows.flatMap(([name, about]) => {
    const [first = '', ...more] = wrap(about, column).map((line) => line.slice(column));
    return [`${`  ${name}`.padEnd(column)}${first}`, ...more.map((line) => `${' '.repeat(column)}${line}`)];
  });
}

/** Text in lines that fit, all of them indented. */
function wrap(text: string, indent: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && indent + line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].map((each) => `${' '.repeat(indent)}${each}`);
}
