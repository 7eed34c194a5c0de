import { expect, it } from 'vitest';
import type { Line } from '../src/line.ts';
import { jsonPrinter, tablePrinter } from '../src/printer.ts';

const line: Line = {
  ...{ suite: 'local', case: 'get hit', ours: 1_234.5, peer: 50, peerName: 'Map', ratio: 0.04 },
  ...{ unit: 'ns/op', target: 1 },
};

it('prints a line of JSON as soon as it is there', () => {
  const written: string[] = [];
  const printer = jsonPrinter((text) => written.push(text));
  printer.line(line);
  expect(written).toEqual([`${JSON.stringify(line)}\n`]);
  printer.end();
  expect(written).toHaveLength(1);
});

it('prints a table that marks what is missed and what is worse', () => {
  let text = '';
  const printer = tablePrinter((part) => {
    text += part;
  });
  const { target: _, ...without } = line;
  for (const one of [line, without, { ...line, ratio: 2 }]) printer.line(one);
  printer.end();
  expect(text.trimEnd().split('\n')).toEqual([
    'case      ours  peer  unit   beside  ratio  target',
    'get hit  1,235    50  ns/op  Map      0.04    1.00  MISSED',
    '         1,235    50  ns/op  Map      0.04          worse',
    '         1,235    50  ns/op  Map      2.00    1.00  reached',
  ]);
});
