import { parseCommandLine, UsageError } from './command-line.ts';
import { wanted } from './comparison.ts';
import type { Line } from './line.ts';
import { originHere } from './machine.ts';
import { jsonPrinter, tablePrinter } from './printer.ts';
import { writeDocuments, writeResults } from './report.ts';
import { suites } from './suites/index.ts';

async function main(): Promise<void> {
  const {
    suites: names,
    report,
    json,
    ...options
  } = parseCommandLine(process.argv.slice(2), Object.keys(suites));
  const write = (text: string): void => void process.stdout.write(text);
  for (const suite of names) {
    const printer = json ? jsonPrinter(write) : tablePrinter(write);
    const lines: Line[] = [];
    const { run } = await suites[suite]!();
    for await (const line of run({
      ...options,
      progress: (text) => void process.stderr.write(`${text}\n`),
    })) {
      if (!wanted(suite, line, options.only)) continue;
      printer.line(line);
      lines.push(line);
    }
    printer.end();
    const { full, rounds } = options;
    if (report) writeResults({ suite, full, rounds, origin: originHere(), lines });
  }
  if (report) writeDocuments();
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
