import { expect, it } from 'vitest';
import { toJson } from '../../src/cli/json.ts';
import { Output, type OutputOptions } from '../../src/cli/output.ts';
import { keyOf, showBytes, showDuration, showKey } from '../../src/cli/texts.ts';

function output(options: Partial<OutputOptions> = {}): { output: Output; said: string[] } {
  const said: string[] = [];
  const sink = { write: (text: string) => said.push(text) };
  const plain = {
    out: sink,
    err: sink,
    json: false,
    terminal: false,
    watched: undefined,
    columns: 40,
    colors: false,
  };
  return { output: new Output({ ...plain, ...options }), said };
}

it('cuts the widest columns of a table that is too wide', () => {
  const columns = [{ title: 'NODE' }, { title: 'COUNT', right: true }] as const;
  const lines = output().output.table(columns, [['n'.repeat(60), '5']]);
  expect(lines.map((line) => line.length)).toEqual([40, 40]);
  expect(lines[1]).toMatch(/^n+… {6}5$/);
});

it('draws and colours on a terminal alone', () => {
  const plain = output();
  plain.output.progress('half');
  plain.output.draw(['one', 'two']);
  expect(plain.said).toEqual(['one\ntwo\n\n']);
  const terminal = output({ terminal: true, colors: true });
  terminal.output.progress('half');
  expect(terminal.said).toEqual([]);
  terminal.output.draw(['one']);
  expect(terminal.said).toEqual(['\u001b[H\u001b[2Jone\n']);
  const watched = output({ watched: 5 });
  watched.output.progress('half of it');
  expect(watched.said).toEqual(['\r\u001b[2Khalf…']);
  expect(terminal.output.strong('a')).toBe('\u001b[1ma\u001b[0m');
});

it('lets no value write to the terminal of its reader', () => {
  const value = 'a\u001b[2Jb\n';
  expect(output({ terminal: true }).output.value(value)).toBe('a\ufffd[2Jb\n');
  expect(output().output.value(value)).toBe(value);
  expect(showKey('a\u001b[2J\n')).toBe('"a\\u001b[2J\\n"');
  expect(showKey(['user', 7n])).toBe('["user","7n"]');
});

it('shows as JSON what JSON does not know', () => {
  const itself: Record<string, unknown> = { n: 1n };
  itself.self = itself;
  const value = { map: new Map([['a', new Set([1])]]), bytes: Buffer.from('hi'), nothing: undefined, itself };
  expect(JSON.parse(JSON.stringify(toJson(value)))).toEqual({
    map: [['a', [1]]],
    bytes: 'aGk=',
    itself: { n: '1', self: '(itself)' },
  });
});

it('shows figures as people read them', () => {
  expect([0, 999, 1_000, 1_234_567, 5e12].map(showBytes)).toEqual([
    '0 B',
    '999 B',
    '1.0 kB',
    '1.2 MB',
    '5.0 TB',
  ]);
  const durations = [0.25, 12.3, 1_500, 90_000, 5_400_000, 172_800_000];
  expect(durations.map(showDuration)).toEqual(['0.25ms', '12ms', '1.5s', '1.5m', '1.5h', '2d']);
});

it('takes keys as strings, unless they are said to be JSON', () => {
  const given = (typed: boolean) => ({ flag: () => typed }) as unknown as Parameters<typeof keyOf>[1];
  expect(keyOf('7', given(false))).toBe('7');
  expect(keyOf('7', given(true))).toBe(7);
  expect(() => keyOf('{"a":1}', given(true))).toThrow('is not a key');
});
