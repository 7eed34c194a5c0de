import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type JoinOptions, settle } from '../src/options.ts';
import { TestCluster } from '../src/testing/index.ts';
import { material } from './transports/certificates.ts';

const secret = 'correct horse battery staple';
const directory = join(tmpdir(), 'never-made');

describe('the options of join', () => {
  it.each<[what: string, options: Partial<JoinOptions>, message: RegExp]>([
    ['a port for everybody', { listen: 'tcp://10.0.0.5:7700' }, /^listen: .* pass a 'secret'/],
    ['TLS without anything', { listen: 'tls://127.0.0.1:7700' }, /^listen: .* pass 'tls'/],
    ['an address of no kind', { listen: 'http://127.0.0.1:7700' }, /^listen: .* is none of unix:/],
    ['a path that is too long', { listen: `unix:/${'x'.repeat(99)}` }, /^listen: .*shorter/],
    ['another path for a socket', { advertise: 'unix:/tmp/a.sock' }, /^advertise: /],
    [
      'an address nobody can dial',
      { listen: 'tcp://127.0.0.1:0', advertise: 'tcp://0.0.0.0:1' },
      /^advertise: /,
    ],
    ['a short secret', { secret: 'hunter2' }, /^secret: 7 bytes are too few: .*openssl rand/],
    ['certificates that are none', { tls: { cert: 'x', key: 'y', ca: 'z' } }, /^tls: no certificates/],
  ])('are refused with %s before anything happens', (_what, options, message) => {
    const settling = (): unknown => settle({ cluster: 'test', directory, ...options });
    expect(settling).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', message: expect.stringMatching(message) }),
    );
    expect(existsSync(directory)).toBe(false);
  });

  it('are refused with certificates beside a transport, which has its own', () => {
    const options = { ...new TestCluster().options('a'), tls: material('node') };
    expect(() => settle(options)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
  });

  it.each<[listen: string, options: Partial<JoinOptions>]>([
    ['tcp://127.0.0.1:0', {}],
    ['tcp://10.0.0.5:7700', { secret }],
    ['tcp://0.0.0.0:7700', { secret, advertise: 'tcp://10.0.0.5:17700' }],
    ['tls://10.0.0.5:7700', { secret: Buffer.from(secret) }],
    ['tls://10.0.0.5:7700', { tls: material('node') }],
    ['tls://10.0.0.5:7700', { tls: () => material('node'), secret }],
  ])('let a node listen at %s, given what that needs', (listen, options) => {
    const settings = settle({ cluster: 'test', listen, directory, ...options });
    expect([settings.listen, settings.advertise]).toEqual([listen, options.advertise]);
    expect(existsSync(directory)).toBe(false);
  });
});
