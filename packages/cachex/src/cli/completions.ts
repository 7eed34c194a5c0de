import { type Command, type Option, optionsOf } from './command.ts';

/** The shells that can be told. */
export const shells = ['bash', 'zsh', 'fish'] as const;

/** The script that teaches a shell the commands and their options. */
export function completionFor(shell: string, commands: readonly Command[]): string[] {
  if (shell === 'bash') return bash(commands);
  return shell === 'zsh' ? zsh(commands) : fish(commands);
}

const flagOf = ({ name }: Option): string => `--${name}`;

const choicesOf = (command: Command): readonly string[] =>
  command.arguments.flatMap(({ choices = [] }) => choices);

function bash(commands: readonly Command[]): string[] {
  const cases = commands.map((command) => {
    const words = [...choicesOf(command), ...optionsOf(command).map(flagOf)];
    return `    ${command.name}) words="${words.join(' ')}" ;;`;
  });
  return [
    '_cachex() {',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is for a shell.
    '  local current="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD-1]}" words=""',
    '  case "$previous" in',
    `    ${valued(commands).join('|')}) COMPREPLY=($(compgen -f -- "$current")); return ;;`,
    '  esac',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is for a shell.
    '  case "${COMP_WORDS[1]}" in',
    ...cases,
    '  esac',
    `  [ "$COMP_CWORD" -eq 1 ] && words="${commands.map(({ name }) => name).join(' ')}"`,
    '  COMPREPLY=($(compgen -W "$words" -- "$current"))',
    '}',
    'complete -o default -F _cachex cachex',
  ];
}

/** The options that are followed by a value. */
function valued(commands: readonly Command[]): string[] {
  const options = commands.flatMap((command) =>
    optionsOf(command).filter(({ value }) => value !== undefined),
  );
  return [...new Set(options.map(flagOf))];
}

function zsh(commands: readonly Command[]): string[] {
  const quoted = (text: string): string => text.replaceAll(/['[\]:]/g, (sign) => (sign === "'" ? '’' : ' '));
  const cases = commands.map((command) => {
    const options = optionsOf(command).map(
      (option) =>
        `'${flagOf(option)}[${quoted(option.about)}]${option.value === undefined ? '' : `:${option.value}:_files`}'`,
    );
    const choices = choicesOf(command);
    const places = choices.length === 0 ? [`'*: :_files'`] : [`'*: :(${choices.join(' ')})'`];
    return `    ${command.name}) _arguments ${[...options, ...places].join(' ')} ;;`;
  });
  return [
    '#compdef cachex',
    '_cachex() {',
    '  local -a commands',
    `  commands=(${commands.map(({ name, about }) => `'${name}:${quoted(about)}'`).join(' ')})`,
    "  if (( CURRENT == 2 )); then _describe 'command' commands; return; fi",
    '  local name=$words[2]',
    '  shift words',
    '  (( CURRENT-- ))',
    '  case $name in',
    ...cases,
    '  esac',
    '}',
    '_cachex "$@"',
  ];
}

function fish(commands: readonly Command[]): string[] {
  const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
  return [
    ...commands.map(
      ({ name, about }) => `complete -c cachex -n __fish_use_subcommand -f -a ${name} -d ${quoted(about)}`,
    ),
    ...commands.flatMap((command) => {
      const here = `complete -c cachex -n '__fish_seen_subcommand_from ${command.name}'`;
      return [
        ...choicesOf(command).map((choice) => `${here} -f -a ${choice}`),
        ...optionsOf(command).map(
          ({ name, value, about }) =>
            `${here} -l ${name}${value === undefined ? '' : ' -r'} -d ${quoted(about)}`,
        ),
      ];
    }),
  ];
}
