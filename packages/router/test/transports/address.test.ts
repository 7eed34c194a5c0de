import { describe, expect, it } from 'vitest';
import {
  advertised,
  type Exposure,
  formatAddress,
  type Interfaces,
  isLoopback,
  isWildcard,
  parseAddress,
} from '../../src/transports/address.ts';

function machine(...addresses: string[]): Interfaces {
  const info = (address: string) => ({ address, internal: address === '127.0.0.1' }) as never;
  return () => ({ lo: [info('127.0.0.1')], eth0: addresses.map(info) });
}

const plain: Exposure = {
  guarded: false,
  mutual: false,
  advertise: undefined,
  interfaces: machine('10.0.0.5'),
};

function found(listen: string, exposure: Partial<Exposure> = {}): string {
  return formatAddress(advertised(parseAddress(listen, 'listen'), { ...plain, ...exposure }));
}

function refusal(body: () => unknown): string {
  try {
    body();
  } catch (error) {
    expect(error).toMatchObject({ code: 'INVALID_OPTION' });
    return (error as Error).message;
  }
  throw new Error('nothing was refused');
}

describe('an address', () => {
  it.each([
    ['unix:/tmp/a.sock', { scheme: 'unix', path: '/tmp/a.sock' }],
    ['tcp://10.0.0.5:7700', { scheme: 'tcp', host: '10.0.0.5', port: 7700 }],
    ['tls://cache-0.cache.shop:65535', { scheme: 'tls', host: 'cache-0.cache.shop', port: 65535 }],
    ['tls://[fd00::1]:7700', { scheme: 'tls', host: 'fd00::1', port: 7700 }],
    ['tcp://[::]:0', { scheme: 'tcp', host: '::', port: 0 }],
  ])('%s is read, and written as it was', (text, address) => {
    expect(parseAddress(text)).toEqual(address);
    expect(formatAddress(parseAddress(text))).toBe(text);
  });

  it.each([
    '',
    '/tmp/a.sock',
    'unix:',
    `unix:/${'x'.repeat(99)}`,
    'tcp://10.0.0.5',
    'tcp://:7700',
    'tcp://10.0.0.5:65536',
    'tcp://10.0.0.5:-1',
    'tcp://10.0.0:7700',
    'tcp://10.0.0.256:7700',
    'tcp://fd00::1:7700',
    'tcp://[10.0.0.5]:7700',
    'tcp://[fd00::g]:7700',
    'tcp://a b:7700',
    'tcp://user@host:7700',
    'tls://host:7700/path',
    'http://host:7700',
    'TCP://host:7700',
  ])('%j is refused, naming the option', (text) => {
    expect(refusal(() => parseAddress(text, 'listen'))).toMatch(/^listen: /);
  });

  it('is told from those that only this machine reaches, and from those that are all of a machine', () => {
    const hosts = [
      'localhost',
      '127.0.0.1',
      '127.1.2.3',
      '::1',
      '0.0.0.0',
      '::',
      '0:0::0',
      '10.0.0.5',
      'db',
      '::2',
    ];
    expect(hosts.filter(isLoopback)).toEqual(['localhost', '127.0.0.1', '127.1.2.3', '::1']);
    expect(hosts.filter(isWildcard)).toEqual(['0.0.0.0', '::', '0:0::0']);
  });
});

describe('where a listener is found', () => {
  it('is where it listens, or what is advertised', () => {
    expect(found('unix:/tmp/a.sock')).toBe('unix:/tmp/a.sock');
    expect(found('tcp://127.0.0.1:0')).toBe('tcp://127.0.0.1:0');
    expect(found('tcp://10.0.0.7:7700', { guarded: true })).toBe('tcp://10.0.0.7:7700');
    const outside = { guarded: true, advertise: 'tcp://shop.example:17700' };
    expect(found('tcp://0.0.0.0:7700', outside)).toBe('tcp://shop.example:17700');
  });

  it('is the one address of the machine that others reach, for one that listens at all of them', () => {
    const [guarded, mutual] = [true, true];
    expect(found('tls://0.0.0.0:7700', { mutual })).toBe('tls://10.0.0.5:7700');
    const all = { guarded, interfaces: machine('fe80::1', '169.254.0.1', 'fd00::1', '10.0.0.6') };
    expect(found('tcp://[::]:7700', all)).toBe('tcp://10.0.0.6:7700');
    expect(found('tcp://[::]:7700', { guarded, interfaces: machine('fd00::1') })).toBe(
      'tcp://[fd00::1]:7700',
    );
  });

  it('must be said if there is not exactly one', () => {
    const none = { guarded: true, interfaces: machine('fd00::1') };
    expect(refusal(() => found('tcp://0.0.0.0:7700', none))).toMatch(/^advertise: .* others reach none/);
    const two = { guarded: true, interfaces: machine('10.0.0.5', '172.17.0.1') };
    expect(refusal(() => found('tcp://0.0.0.0:7700', two))).toMatch(
      /^advertise: .* reach 10\.0\.0\.5, 172\.17\.0\.1: say which one to dial, as tcp:\/\/host:port/,
    );
  });

  it.each([
    ['tcp://0.0.0.0:7700', 'nobody can dial'],
    ['tcp://[::]:7700', 'nobody can dial'],
    ['tcp://10.0.0.5:0', 'nobody can dial'],
    ['tls://10.0.0.5:7700', 'use tcp://'],
    ['unix:/tmp/a.sock', 'use tcp://'],
    ['10.0.0.5:7700', 'is none of'],
  ])('cannot be %s', (advertise, reason) => {
    const message = refusal(() => found('tcp://10.0.0.5:7700', { guarded: true, advertise }));
    expect(message).toMatch(/^advertise: /);
    expect(message).toContain(reason);
  });

  it('cannot be advertised for a Unix socket', () => {
    expect(refusal(() => found('unix:/tmp/a.sock', { advertise: 'unix:/tmp/b.sock' }))).toMatch(
      /^advertise: /,
    );
  });
});

describe('a listener that other machines reach', () => {
  it('is refused over TCP if its node asks for no secret', () => {
    const open = 'tcp://10.0.0.5:7700';
    for (const listen of [open, 'tcp://0.0.0.0:7700', 'tcp://name:7700'])
      expect(refusal(() => found(listen))).toMatch(/^listen: .* pass a 'secret'/);
    expect(refusal(() => found(open, { mutual: true }))).toMatch(/^listen: /);
    // Whoever forwards what is advertised opens it to everybody.
    expect(refusal(() => found('tcp://127.0.0.1:7700', { advertise: open }))).toMatch(/^listen: /);
    expect(found('tcp://127.0.0.1:7700', { advertise: 'tcp://localhost:7701' })).toBe('tcp://localhost:7701');
  });

  it('is refused over TLS if it has neither certificates nor a secret, wherever it is', () => {
    for (const listen of ['tls://10.0.0.5:7700', 'tls://127.0.0.1:0']) {
      expect(refusal(() => found(listen))).toMatch(/^listen: .* pass 'tls' with certificates, or a 'secret'/);
      expect(found(listen, { mutual: true })).toBe(listen);
    }
  });
});
