import { describe, expect, it } from 'vitest';
import { isLoopback } from '../../src/dashboard/access.ts';
import { readDashboardOptions } from '../../src/dashboard/options.ts';

const token = 'correct horse battery';

describe('the options of a dashboard', () => {
  it('are for this machine alone unless they say otherwise', () => {
    expect(readDashboardOptions({ port: 0 })).toEqual({ port: 0, host: '127.0.0.1', token: undefined });
    expect(readDashboardOptions({ port: 80, host: '::1' }).host).toBe('::1');
    expect(readDashboardOptions({ port: 80, host: '0.0.0.0', token }).token).toBe(token);
  });

  it.each([
    [{}, 'port: say at which port'],
    [{ port: -1 }, 'port: -1'],
    [{ port: 70_000 }, 'port: 70000'],
    [{ port: '80' }, "port: '80'"],
    [{ port: 80, host: '' }, "host: ''"],
    [{ port: 80, host: '0.0.0.0' }, "host: '0.0.0.0' can be reached from elsewhere"],
    [{ port: 80, host: '10.0.0.1' }, 'give a token'],
    [{ port: 80, host: '::' }, 'give a token'],
    [{ port: 80, host: '127.0.0.1.example.com' }, 'give a token'],
    [{ port: 80, token: 'short' }, 'token: give a string of at least 16 characters'],
    [{ port: 80, tokn: token }, "unknown option 'tokn'; did you mean 'token'?"],
    [undefined, 'options must be an object'],
  ])('are refused: %j', (options, message) => {
    expect(() => readDashboardOptions(options)).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', message: expect.stringContaining(message) }),
    );
  });

  it('never tell the token in a message', () => {
    expect(() => readDashboardOptions({ port: 80, token: 'my secret' })).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('my secret') }),
    );
  });
});

it.each([
  ['localhost', true],
  ['LOCALHOST', true],
  ['127.0.0.1', true],
  ['127.1.2.3', true],
  ['[::1]', true],
  ['::1', true],
  ['127.0.0.1.nip.io', false],
  ['localhost.example', false],
  ['0.0.0.0', false],
  ['example.com', false],
  ['', false],
])('%s is of this machine alone: %s', (host, expected) => expect(isLoopback(host)).toBe(expected));
