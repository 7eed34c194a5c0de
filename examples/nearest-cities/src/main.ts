import { demonstrate } from './demonstration.ts';
import { FlagError, HELP, parseFlags } from './flags.ts';

try {
  const flags = parseFlags(process.argv.slice(2));
  if (flags.help) process.stdout.write(HELP);
  else await demonstrate(flags);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = error instanceof FlagError ? 2 : 1;
}
