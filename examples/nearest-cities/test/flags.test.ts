import { describe, expect, it } from 'vitest';
import { FlagError, HELP, parseFlags } from '../src/flags.ts';

describe('parseFlags', () => {
  it('runs three nodes for twenty seconds on any free ports unless told otherwise', () => {
    expect(parseFlags([])).toEqual({ nodes: 3, seconds: 20, keep: false, port: 0, json: false, help: false });
  });

  it('takes values behind a space or an equals sign', () => {
    expect(parseFlags(['--nodes', '5', '--seconds=2.5', '--port', '8000'])).toMatchObject({
      nodes: 5,
      seconds: 2.5,
      port: 8000,
    });
  });

  it('takes --keep, --json, --help and -h', () => {
    expect(parseFlags(['--keep', '--json', '--help'])).toMatchObject({ keep: true, json: true, help: true });
    expect(parseFlags(['-h']).help).toBe(true);
  });

  it.each([
    [['--nodes', '0'], '--nodes must be a number from 1 to 16, not "0".'],
    [['--nodes', '17'], '--nodes must be a number from 1 to 16, not "17".'],
    [['--nodes', '2.5'], '--nodes must be a whole number, not "2.5".'],
    [['--nodes', 'three'], '--nodes must be a number from 1 to 16, not "three".'],
    [['--nodes', '0x3'], '--nodes must be a number from 1 to 16, not "0x3".'],
    [['--nodes='], '--nodes must be a number from 1 to 16, not "".'],
    [['--nodes'], '--nodes needs a value.'],
    [['--seconds', '-1'], '--seconds must be a number from 1 to 3600, not "-1".'],
    [['--seconds', 'Infinity'], '--seconds must be a number from 1 to 3600, not "Infinity".'],
    [['--port', '65536'], '--port must be a number from 0 to 65535, not "65536".'],
    [
      ['--port', '65533'],
      '--port 65533 leaves no ports for 3 nodes and the one that joins; the last port is 65535.',
    ],
    [['--json=yes'], '--json takes no value.'],
    [['--node', '3'], 'There is no flag --node; --help lists them.'],
    [['-x'], 'There is no flag -x; --help lists them.'],
    [['--constructor'], 'There is no flag --constructor; --help lists them.'],
    [['5'], '"5" is not a flag; --help lists them.'],
  ])('refuses %j in one sentence', (args, sentence) => {
    expect(() => parseFlags(args)).toThrow(new FlagError(sentence));
  });

  it('takes the last port that leaves room for every node and one more', () => {
    expect(parseFlags(['--port', '65532'])).toMatchObject({ port: 65_532, nodes: 3 });
  });
});

describe('HELP', () => {
  it('lists every flag', () => {
    for (const flag of Object.keys(parseFlags([]))) expect(HELP).toContain(`--${flag} `);
  });
});
