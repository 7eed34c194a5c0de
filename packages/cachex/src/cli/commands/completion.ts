import type { Command } from '../command.ts';
import { completionFor, shells } from '../completions.ts';

/** `all` are the commands, this one included. */
export function completion(all: () => readonly Command[]): Command {
  return {
    name: 'completion',
    about: 'what a shell needs to complete commands and options',
    arguments: [{ name: 'shell', about: 'for which shell', choices: shells }],
    options: [],
    joins: false,
    examples: [
      'completion bash > ~/.local/share/bash-completion/completions/cachex',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: it is for a shell.
      'completion zsh > "${fpath[1]}/_cachex"',
      'completion fish > ~/.config/fish/completions/cachex.fish',
    ],
    async run(given, { output }) {
      const shell = given.argument('shell');
      const script = completionFor(shell, all());
      output.result({ shell, script: script.join('\n') }, () => script);
      return undefined;
    },
  };
}
