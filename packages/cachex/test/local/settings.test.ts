import { describe, expect, it } from 'vitest';
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
      partitions: 256,
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
    [{ tll: 5 }, /^unknown option 'tll'; did you mean 'ttl'/],
    [null, /^options must be an object, not null/],
  ])('are refused by name: %j', (options, message) => {
    expect(() => readCacheOptions(options)).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', message: expect.stringMatching(message) }),
    );
  });
});
