import { type Line, reached } from './line.ts';

/** Writes lines as they come, and what is left in the end. */
export interface Printer {
  readonly line: (line: Line) => void;
  readonly end: () => void;
}

/** One JSON object a line, and nothing else. */
export function jsonPrinter(write: (text: string) => void): Printer {
  return { line: (line) => write(`${JSON.stringify(line)}\n`), end() {} };
}

const head = ['case', 'ours', 'peer', 'unit', 'beside', 'ratio', 'target', ''];

/** A table for people, once all lines are there. */
export function tablePrinter(write: (text: string) => void): Printer {
  const rows: string[][] = [];
  let previous = '';
  return {
    line(line) {
      rows.push([
        line.case === previous ? '' : line.case,
        figure(line.ours),
        figure(line.peer),
        line.unit,
        line.peerName,
        line.ratio.toFixed(2),
        line.target === undefined ? '' : line.target.toFixed(2),
        verdict(line),
      ]);
      previous = line.case;
    },
    end() {
      const widths = head.map((title, column) =>
        Math.max(title.length, ...rows.map((row) => row[column]!.length)),
      );
      for (const row of [head, ...rows]) {
        const cells = row.map((cell, column) =>
          numeric.has(column) ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!),
        );
        write(`${cells.join('  ').trimEnd()}\n`);
      }
    },
  };
}

const numeric: ReadonlySet<number> = new Set([1, 2, 5, 6]);

function figure(value: number): string {
  return value.toLocaleString('en', { maximumSignificantDigits: 4 });
}

function verdict(line: Line): string {
  const answer = reached(line);
  if (answer !== undefined) return answer ? 'reached' : 'MISSED';
  return line.ratio < 1 ? 'worse' : '';
}
