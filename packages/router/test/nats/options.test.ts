import { expect, it } from 'vitest';
import { settleNats } from '../../src/nats/options.ts';

const settle = (servers: string | string[], more: object = {}): object => {
  const { servers: list, client } = settleNats({ servers, ...more }, []);
  return { servers: list, ...client };
};
const name = 'cachex';

it('takes credentials out of addresses, for the client would not', () => {
  expect(settle('nats://ada:s%40c:ret@10.0.0.1:4222')).toEqual({
    ...{ name, servers: ['nats://10.0.0.1:4222'] },
    ...{ user: 'ada', pass: 's@c:ret' },
  });
  // What should have been escaped is no part of an address that may be shown, all the same.
  expect(settle('nats://ada:p@s/s@one')).toMatchObject({
    servers: ['nats://one'],
    user: 'ada',
    pass: 'p@s/s',
  });
  expect(settle(['tls://a%20token@one', 'a%20token@two:4222'])).toEqual({
    ...{ name, servers: ['tls://one', 'two:4222'] },
    token: 'a token',
  });
  expect(settle(['nats://ada:x@one', 'nats://two'])).toEqual({
    ...{ name, servers: ['nats://one', 'nats://two'] },
    ...{ user: 'ada', pass: 'x' },
  });
  expect(settle(['nats://one', '10.0.0.1:4222'], { user: 'ada', pass: 'x' })).toEqual({
    ...{ name, servers: ['nats://one', '10.0.0.1:4222'] },
    ...{ user: 'ada', pass: 'x' },
  });
});

it.each([
  [['nats://ada:x@one', 'nats://bob:x@two'], {}, 'servers: their addresses have different credentials'],
  ['nats://ada:x@one', { user: 'ada' }, 'user: the addresses of servers have credentials already'],
  ['nats://token@one', { authenticator: [] }, 'authenticator: the addresses'],
  ['nats://ada:100%@one', {}, 'write %25 for it'],
])('refuses what contradicts itself: %j, %j', (servers, more, message) => {
  expect(() => settle(servers, more)).toThrow(message);
});
