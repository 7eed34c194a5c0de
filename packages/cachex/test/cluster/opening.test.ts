import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { join } from '../../src/cluster/index.ts';
import { keyOf, Simulation } from './simulation.ts';

let simulation: Simulation;
beforeEach(() => {
  simulation = new Simulation();
});
afterEach(() => simulation.close());

describe('settings that contradict those of the first opener', () => {
  it.each<[option: string, first: object, other: object]>([
    ['ttl', { ttl: '5m' }, { ttl: '6m' }],
    ['ttl', { ttl: '5m' }, {}],
    ['ttl', {}, { ttl: 1 }],
    ['expiration', {}, { expiration: { lazy: false } }],
    ['expiration', { expiration: { interval: '1s' } }, { expiration: { interval: '2s' } }],
  ])('are refused at once, naming %s, where they are known (%j, %j)', async (option, first, other) => {
    const [a, b] = await simulation.joinAll('a', 'b');
    a!.cache('users', first);
    await simulation.advance(100);
    expect(() => b!.cache('users', other)).toThrow(
      expect.objectContaining({
        name: 'CacheError',
        code: 'CONFIG_MISMATCH',
        message: expect.stringMatching(new RegExp(`'users'.*${option}`)),
      }),
    );
    b!.cache('users', first);
    await simulation.advance(100);
    expect(b!.status().members.map(({ opened }) => opened)).toEqual([['users'], ['users']]);
  });

  it('reject every call where they are learned later, and the cache may be opened again', async () => {
    const [a, b] = await simulation.joinAll('a', 'b');
    const mine = a!.cache('users', { ttl: '5m' });
    const theirs = b!.cache('users', { ttl: '6m' });
    const failed = vi.fn();
    theirs.on('error', failed);
    await simulation.advance(100);
    expect(failed.mock.calls).toMatchObject([[{ code: 'CONFIG_MISMATCH' }]]);
    const refused = { code: 'CONFIG_MISMATCH', message: expect.stringContaining('ttl') };
    await expect(theirs.get('ada')).rejects.toMatchObject(refused);
    await expect(theirs.size()).rejects.toMatchObject(refused);
    await expect(theirs.call({ action: 'size', args: [] })).rejects.toMatchObject(refused);
    const again = b!.cache('users', { ttl: '5m' });
    await simulation.advance(100);
    await simulation.run(again.put('ada', 1));
    expect(await simulation.run(mine.get('ada'))).toBe(1);
  });

  it('reject the calls of whoever is told of it, too', async () => {
    const [a, b] = await simulation.joinAll('a', 'b');
    const mine = a!.cache('users', { ttl: '5m' });
    const theirs = b!.cache('users', { ttl: '6m' });
    const keys = Array.from({ length: 8 }, (_, n) => `key ${n}`);
    const calls: Promise<unknown>[] = [];
    theirs.on('error', () => {
      for (const key of keys) calls.push(theirs.put(key, 1).catch(({ code }) => code));
    });
    await simulation.advance(100);
    b!.cache('users', { ttl: '5m' });
    await simulation.advance(100);
    expect(await simulation.run(Promise.all(calls))).toEqual(keys.map(() => 'CONFIG_MISMATCH'));
    expect(await simulation.run(mine.size())).toBe(0);
  });

  it('may differ in what concerns one node alone', async () => {
    const [a, b] = await simulation.joinAll('a', 'b');
    const mine = a!.cache('users', { ttl: '5m', stats: true, functions: { load: () => 1 } });
    const theirs = b!.cache<string, number>('users', { ttl: 300_000 });
    await simulation.advance(100);
    await simulation.run(theirs.put('ada', 1));
    expect(await simulation.run(mine.get('ada'))).toBe(1);
  });
});

describe('opening', () => {
  it('twice gives the same cache, and takes no options the second time', async () => {
    const [a] = await simulation.joinAll('a');
    const cache = a!.cache('users', { ttl: '5m' });
    expect(a!.cache('users')).toBe(cache);
    expect(() => a!.cache('users', { ttl: '5m' })).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', message: expect.stringContaining("'users'") }),
    );
  });

  it('of two names gives two caches', async () => {
    const [a] = await simulation.joinAll('a', 'b');
    const [users, carts] = ['users', 'carts'].map((name) => a!.cache<string, string>(name));
    await simulation.advance(100);
    await simulation.run(users!.put('ada', 'user'));
    expect(await simulation.run(carts!.get('ada'))).toBeUndefined();
    expect([users!.name, carts!.name]).toEqual(['users', 'carts']);
  });

  it.each<[what: string, name: unknown, options: object | undefined, message: RegExp]>([
    ['an empty name', '', undefined, /^name: ''/],
    ['a name that is no string', 5, undefined, /^name: 5/],
    ['a name of the library itself', '$cluster', undefined, /\$cluster/],
    ['a name that is too long', 'x'.repeat(256), undefined, /255/],
    ['a ttl', 'users', { ttl: 0 }, /^ttl: 0/],
    ['functions', 'users', { functions: { load: 5 } }, /^functions\.load: 5/],
    ['a nested option', 'users', { expiration: { lasy: true } }, /'expiration\.lasy'; did you mean 'lazy'/],
    ['an unknown option', 'users', { statts: true }, /'statts'; did you mean 'stats'/],
    ['a clock', 'users', { clock: {} }, /^clock: /],
  ])('refuses %s with INVALID_OPTION', async (_what, name, options, message) => {
    const [a] = await simulation.joinAll('a');
    expect(() => a!.cache(name as string, options as never)).toThrow(
      expect.objectContaining({
        name: 'CacheError',
        code: 'INVALID_OPTION',
        message: expect.stringMatching(message),
      }),
    );
  });
});

describe('a call to a node where the cache is yet to be opened', () => {
  it('waits until it is', async () => {
    const [a, b] = await simulation.joinAll('a', 'b');
    const key = keyOf(a!, 'b');
    const cache = a!.cache<string, number>('users');
    const put = cache.put(key, 1, { timeout: 1_000 });
    const size = cache.size({ timeout: 1_000 });
    await simulation.advance(900);
    const theirs = b!.cache<string, number>('users');
    await simulation.run(put);
    expect(theirs.local.get(key)).toBe(1);
    expect([0, 1]).toContain(await simulation.run(size));
  });

  it('ends at its deadline if it is not', async () => {
    const [a] = await simulation.joinAll('a', 'b');
    const cache = a!.cache('users');
    const key = keyOf(a!, 'b');
    await expect(simulation.run(cache.get(key, { timeout: 300 }))).rejects.toMatchObject({
      code: 'TIMEOUT',
    });
    await expect(simulation.run(cache.keys({ timeout: 300 }))).rejects.toMatchObject({
      code: 'PARTIAL_RESULT',
      value: [],
    });
  });
});

describe('joining', () => {
  it.each<[option: string, options: object]>([
    ['timeout', { timeout: '5 minutes' }],
    ['settle', { settle: -1 }],
    ['failureAfter', { failureAfter: Number.NaN }],
    ['id', { id: 'a b' }],
    ['weight', { weight: -1 }],
    ['partitions', { partitions: 1000 }],
    ['cluster', { cluster: '' }],
    ['cluster', { cluster: undefined }],
    ['weight', { weight: '2' }],
    ['id', { id: 5 }],
    ['partitions', { partitions: '64' }],
    ['directory', { directory: 5 }],
    ['listen', { listen: 7700 }],
    ['store', { store: {} }],
    ['transport', { transport: { listen() {} } }],
    ['router', { router: 'balanced' }],
    ['strict', { strict: 1 }],
    ['keepAlive', { keepAlive: 'yes' }],
    ['limits.frame', { limits: { frame: -1 } }],
    ['moves.concurrency', { moves: { concurrency: 0 } }],
    ['logger', { logger: { info() {} } }],
    ['clock', { clock: {} }],
    ['random', { random: 5 }],
    ['secret', { secret: 'too short' }],
    ['advertise', { advertise: 7700 }],
    ['tls', { transport: undefined, listen: 'tcp://127.0.0.1:0', tls: { cert: 'c', key: 'k', ca: 'a' } }],
    ['listen', { transport: undefined, listen: 'tcp://0.0.0.0:7700' }],
    ['listen', { transport: undefined, listen: 'tls://127.0.0.1:7700' }],
    [
      'advertise',
      { transport: undefined, listen: 'tcp://0.0.0.0:7700', advertise: '10.0.0.5', secret: 'x'.repeat(16) },
    ],
  ])('with a bad %s rejects with INVALID_OPTION', async (option, options) => {
    await expect(join({ ...simulation.cluster.options('a'), ...options })).rejects.toMatchObject({
      name: 'CacheError',
      code: 'INVALID_OPTION',
      message: expect.stringMatching(new RegExp(`^${option}: `)),
    });
  });

  it.each<[options: unknown, message: string]>([
    [null, 'options must be an object, not null'],
    [{ cluster: 'shop', weigth: 2 }, "unknown option 'weigth'; did you mean 'weight'?"],
    [
      { cluster: 'shop', moves: { concurency: 2 } },
      "unknown option 'moves.concurency'; did you mean 'concurrency'?",
    ],
    [{ cluster: 'shop', limits: 5 }, 'limits must be an object, not 5'],
    [{ cluster: 'shop', tls: { crt: '' } }, "unknown option 'tls.crt'; did you mean 'cert'?"],
    [{ cluster: 'shop', tls: 'secure' }, "tls must be an object, not 'secure'"],
    [{ cluster: 'shop', secret: 12345 }, 'secret: what is given is neither a string nor a Uint8Array'],
  ])('with %j rejects with INVALID_OPTION: %s', async (options, message) => {
    await expect(join(options as never)).rejects.toMatchObject({
      name: 'CacheError',
      code: 'INVALID_OPTION',
      message,
    });
  });

  it('takes durations, and the timeout is that of every call', async () => {
    const [a, b] = [
      await simulation.join('a', { timeout: '2s', settle: '10ms', failureAfter: '3s' }),
      await simulation.join('b', { settle: '10ms' }),
    ];
    for (const node of [a, b]) await simulation.run(node.ready());
    const cache = a.cache('users');
    simulation.silence('b');
    const before = simulation.cluster.clock.now();
    await expect(simulation.run(cache.get(keyOf(a, 'b')))).rejects.toMatchObject({ code: 'TIMEOUT' });
    expect(simulation.cluster.clock.now() - before).toBe(2_000);
  });

  it('under the id of a running node rejects with CONFIG_MISMATCH', async () => {
    await simulation.joinAll('a');
    await expect(simulation.join('a')).rejects.toMatchObject({ name: 'CacheError', code: 'CONFIG_MISMATCH' });
  });

  it.each<[options: unknown, message: RegExp]>([
    [{ withn: '1s' }, /^unknown option 'withn'; did you mean 'within'\?$/],
    [{ within: -1 }, /^within: -1 is not a duration of zero or more/],
    [{ within: 'soon' }, /^within: 'soon' is not a duration/],
    [null, /^options must be an object, not null$/],
  ])('and leaving with %j rejects, and does not leave', async (options, message) => {
    const [node] = await simulation.joinAll('a');
    await expect(node!.leave(options as never)).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringMatching(message),
    });
    const cache = node!.cache('users');
    await cache.put('ada', 1);
    expect(await cache.get('ada')).toBe(1);
  });

  it('and listening needs an event that there is, and a function', async () => {
    const [node] = await simulation.joinAll('a');
    expect(() => node!.on('veiw' as never, () => {})).toThrow(
      "event: 'veiw' is not an event; did you mean 'view'?",
    );
    expect(() => node!.off('expired' as never, () => {})).toThrow(
      "event: 'expired' is not an event; known: view, moved, error",
    );
    expect(() => node!.on('view', undefined as never)).toThrow('listener: undefined is not a function');
  });

  it('refuses a weight that is no number, so that every node can read the next view', async () => {
    const [node] = await simulation.joinAll('a');
    const { epoch } = node!.status();
    await expect(node!.setWeight('2' as never)).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: "weight: '2' is not a number",
    });
    expect(node!.status().epoch).toBe(epoch);
  });
});
