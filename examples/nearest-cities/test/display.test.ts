import { describe, expect, it } from 'vitest';
import { LiveTable, NoDisplay, PlainLines, type Screen } from '../src/display.ts';
import { RunRecord } from '../src/run-record.ts';
import { twoNodes } from './recording.ts';

function screenOf(columns?: number): Screen & { written: string[] } {
  const written: string[] = [];
  return { ...(columns === undefined ? {} : { columns }), written, write: (text) => written.push(text) };
}

const note = (seconds: number) => `${seconds} s of 20 s`;
const frame = new RunRecord().add(1, new Map(), twoNodes);

describe('LiveTable', () => {
  it('goes back up by as many lines as it drew', () => {
    const screen = screenOf();
    const table = new LiveTable(screen, note);
    table.show(frame, 'd joins: 512 of 1,024 partitions moved');
    table.show(frame, 'd joins: 512 of 1,024 partitions moved');
    const drawn = screen.written[0]!.split('\n').length - 1;
    expect(screen.written[0]).not.toContain('A\x1b[J');
    expect(screen.written[1]).toContain(`\x1b[${drawn}A\x1b[J`);
    expect(screen.written[1]).toContain('\nd joins: 512 of 1,024 partitions moved\n1 s of 20 s\n');
  });

  it('cuts lines that would wrap', () => {
    const screen = screenOf(20);
    new LiveTable(screen, note).show(frame, 'd joins: 512 of 1,024 partitions moved');
    const lines = screen.written[0]!.replace('\x1b[?25l', '').split('\n');
    expect(Math.max(...lines.map((line) => line.length))).toBe(19);
  });

  it('gives the cursor back at the end', () => {
    const screen = screenOf();
    const table = new LiveTable(screen, note);
    table.show(frame, 'd joins: 512 of 1,024 partitions moved');
    table.finish(frame);
    expect(screen.written[0]).toContain('\x1b[?25l');
    expect(screen.written[1]).toContain('\x1b[?25h');
    expect(screen.written[1]).toContain('the whole run\n');
  });
});

describe('PlainLines', () => {
  it('writes one line a frame, without control characters', () => {
    const screen = screenOf();
    const lines = new PlainLines(screen);
    lines.show(frame);
    lines.finish();
    expect(screen.written).toHaveLength(1);
    expect(screen.written[0]).toMatch(/^1 s \| [ -~]*\n$/);
  });
});

describe('PlainLines, told news', () => {
  it('writes them at once, on a line of their own', () => {
    const screen = screenOf();
    new PlainLines(screen).tell('d joins: its process starts.');
    expect(screen.written).toEqual(['d joins: its process starts.\n']);
  });
});

describe('NoDisplay', () => {
  it('has nothing to write to', () => {
    expect(() => new NoDisplay().show()).not.toThrow();
  });
});
