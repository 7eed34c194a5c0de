import { describe, expect, it } from 'vitest';
import { policies } from '../../src/local/limits/policies.ts';
import { readCacheOptions } from '../../src/local/settings.ts';
import { byCopy, byReference } from '../../src/local/value-form.ts';
import { ManualClock } from '../manual-clock.ts';

describe('the options of a cache', () => {
  it('may all be left out', () => {
    expect(readCacheOptions({})).toMatchObject({
      name: 'cache',
      ttl: null,
      expiration: { interval: 3_000, lazy: true, jitter: 0 },
      values: byReference,
      functions: {},
      stats: false,
      partitions: 1,
    });
  });

  it('are read', () => {
    const clock = new ManualClock();
    const random = (): number => 0;
    const functions = { load: () => 1 };
    expect(
      readCacheOptions({
        name: 'users',
        ttl: '5m',
        expiration: { interval: '1s', lazy: false, jitter: 1 },
        clone: true,
        functions,
        stats: true,
        clock,
        random,
      }),
    ).toMatchObject({
      name: 'users',
      ttl: 300_000,
      expiration: { interval: 1_000, lazy: false, jitter: 1 },
      values: byCopy,
      functions,
      stats: true,
      clock,
      random,
    });
    expect(readCacheOptions({ expiration: { interval: false } }).expiration.interval).toBe(false);
  });

  it('read a limit, and fill in what it leaves out', () => {
    const none = Number.POSITIVE_INFINITY;
    const limitOf = (limit: object): unknown => readCacheOptions({ limit }).limit;
    expect(readCacheOptions({}).limit).toBeUndefined();
    expect(limitOf({ size: 5 })).toEqual({
      ...{ size: 5, bytes: none, heap: undefined, sizeOf: undefined },
      ...{ policy: policies.adaptive, policyName: 'adaptive' },
    });
    const sizeOf = (): number => 1;
    expect(limitOf({ bytes: '1kb', sizeOf, policy: 'lru' })).toEqual({
      ...{ size: none, bytes: 1_024, heap: undefined, sizeOf },
      ...{ policy: policies.lru, policyName: 'lru' },
    });
    const own = policies.fifo;
    expect(limitOf({ heap: 0.7, policy: own })).toMatchObject({
      heap: 0.7,
      policy: own,
      policyName: undefined,
    });
  });

  it.each([
    [{ name: '' }, /^name: /],
    [{ name: 5 }, /^name: 5 /],
    [{ ttl: 0 }, /^ttl: 0 /],
    [{ ttl: 'soon' }, /^ttl: 'soon' /],
    [{ expiration: 5 }, /^expiration must be an object, not 5/],
    [{ expiration: { interval: -1 } }, /^expiration\.interval: -1 /],
    [{ expiration: { interval: true } }, /^expiration\.interval: true /],
    [{ expiration: { lazy: 'no' } }, /^expiration\.lazy: 'no' /],
    [{ expiration: { jitter: 1.1 } }, /^expiration\.jitter: 1\.1 /],
    [{ expiration: { jitter: Number.NaN } }, /^expiration\.jitter: NaN /],
    [{ expiration: { jiter: 1 } }, /^unknown option 'expiration\.jiter'; did you mean 'jitter'/],
    [{ clone: 1 }, /^clone: 1 /],
    [{ functions: [] }, /^functions must be an object of functions, not an array/],
    [{ functions: { load: 5 } }, /^functions\.load: 5 is not a function/],
    [{ stats: 'yes' }, /^stats: 'yes' /],
    [{ clock: {} }, /^clock: an object is not a clock; it has no method 'now'/],
    [{ clock: null }, /^clock: null /],
    [{ random: 0.5 }, /^random: 0\.5 /],
    [{ limit: 5 }, /^limit must be an object, not 5/],
    [{ limit: {} }, /^limit: give it a size, bytes or heap; without, nothing is limited/],
    [{ limit: { policy: 'lru' } }, /^limit: give it a size, bytes or heap/],
    [{ limit: { size: 0 } }, /^limit\.size: 0 is not an integer from 1/],
    [{ limit: { size: 1.5 } }, /^limit\.size: 1\.5 is not an integer from 1/],
    [{ limit: { size: '5' } }, /^limit\.size: '5' is not an integer from 1/],
    [{ limit: { size: Number.POSITIVE_INFINITY } }, /^limit\.size: Infinity is not an integer from 1/],
    [{ limit: { bytes: 0 } }, /^limit\.bytes: 0 is not a number of bytes; use a number, or a string such as/],
    [{ limit: { bytes: '5 apples' } }, /^limit\.bytes: '5 apples' is not a number of bytes; use/],
    [{ limit: { heap: 0 } }, /^limit\.heap: 0 is not a number between 0 and 1/],
    [{ limit: { heap: 1 } }, /^limit\.heap: 1 is not a number between 0 and 1/],
    [{ limit: { heap: '70%' } }, /^limit\.heap: '70%' is not a number between 0 and 1/],
    [{ limit: { size: 5, policy: 'lrx' } }, /^limit\.policy: 'lrx' is not a policy; did you mean 'lr[uw]'/],
    [{ limit: { size: 5, policy: 7 } }, /^limit\.policy: 7 is not a policy; known: adaptive, /],
    [{ limit: { size: 5, policy: 'toString' } }, /^limit\.policy: 'toString' is not a policy/],
    [{ limit: { bytes: 5, sizeOf: 5 } }, /^limit\.sizeOf: 5 is not a function/],
    [{ limit: { size: 5, sizeOf: () => 1 } }, /^limit\.sizeOf: it is of no use without limit\.bytes/],
    [{ limit: { sise: 5 } }, /^unknown option 'limit\.sise'; did you mean 'size'/],
    [{ limit: { max: 5 } }, /^unknown option 'limit\.max'; known: size, bytes, heap, policy, sizeOf/],
    [{ limits: { size: 5 } }, /^unknown option 'limits'; did you mean 'limit'/],
    [{ tll: 5 }, /^unknown option 'tll'; did you mean 'ttl'/],
    [null, /^options must be an object, not null/],
  ])('are refused by name: %j', (options, message) => {
    expect(() => readCacheOptions(options)).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', message: expect.stringMatching(message) }),
    );
  });
});
