import { describe, expect, it } from 'vitest';
import { parseCommandLine, UsageError } from '../src/command-line.ts';

const known = ['local', 'memory'];
const parse = (...args: string[]) => parseCommandLine(args, known);

describe('the command line', () => {
  it('names suites and how to measure them', () => {
    expect(parse('local')).toEqual({ suites: ['local'], report: false, json: false, full: false, rounds: 5 });
    expect(parse('memory', '--json', '--full', '--only', 'Map', '--rounds', '7')).toEqual({
      ...{ suites: ['memory'], report: false, json: true, full: true, only: 'Map', rounds: 7 },
    });
  });

  it('reports all suites, or those that are named', () => {
    expect(parse('report')).toMatchObject({ report: true, suites: known });
    expect(parse('report', 'memory')).toMatchObject({ report: true, suites: ['memory'] });
  });

  it.each([
    [[]],
    [['nothing']],
    [['local', '--fast']],
    [['local', '--rounds', '0']],
    [['local', '--rounds', 'many']],
    [['report', '--only', 'Map']],
  ])('refuses %j, and says how it is used', (args) => {
    expect(() => parse(...args)).toThrow(UsageError);
    expect(() => parse(...args)).toThrow('npm run bench --');
  });
});
