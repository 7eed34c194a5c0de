import { describe, expect, it } from 'vitest';
import {
  anything,
  checkOptions,
  flag,
  group,
  keyParameter,
  optionsParameter,
  refuseClosure,
  timeToLive,
} from '../src/parameters.ts';

describe('options', () => {
  const checks = {
    ttl: timeToLive,
    timeout: timeToLive,
    expiration: group({ lazy: flag, jitter: anything }),
  };

  it('names the nearest known option', () => {
    expect(() => checkOptions('options', { tll: 5 }, checks)).toThrow(
      "unknown option 'tll'; did you mean 'ttl'?",
    );
    expect(() => checkOptions('options', { timeOut: 5 }, checks)).toThrow("did you mean 'timeout'?");
  });

  it('lists what is known when nothing is near', () => {
    expect(() => checkOptions('options', { compression: 5 }, checks)).toThrow(
      'known: ttl, timeout, expiration',
    );
    expect(() => checkOptions('options', { compression: 5 }, {})).toThrow('known: none');
  });

  it('names options inside a group in full', () => {
    expect(() => checkOptions('options', { expiration: { lasy: true } }, checks)).toThrow(
      "unknown option 'expiration.lasy'; did you mean 'lazy'?",
    );
    expect(() => checkOptions('options', { expiration: { lazy: 1 } }, checks)).toThrow(
      /^expiration\.lazy: 1 /,
    );
    expect(() => checkOptions('options', { expiration: null }, checks)).toThrow(
      'expiration must be an object, not null',
    );
  });

  it('takes undefined as absent', () => {
    expect(checkOptions('options', { ttl: undefined, expiration: { lazy: undefined } }, checks)).toEqual({
      expiration: {},
    });
  });

  it('knows no option by inheritance', () => {
    expect(() => checkOptions('options', { constructor: 1 }, checks)).toThrow("unknown option 'constructor'");
    expect(() => checkOptions('options', JSON.parse('{"__proto__": 1}'), checks)).toThrow(
      "unknown option '__proto__'",
    );
  });

  it.each([['text'], [5], [null], [[]], [() => {}]])('refuses %j for an object', (input) => {
    expect(() => checkOptions('options', input, checks)).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION' }),
    );
  });

  it('may be left out', () => {
    expect(optionsParameter({}).check(undefined)).toBeUndefined();
  });
});

describe('times to live', () => {
  it('take null and Infinity as never', () => {
    expect(timeToLive('ttl', null)).toBeNull();
    expect(timeToLive('ttl', Number.POSITIVE_INFINITY)).toBeNull();
    expect(timeToLive('ttl', '5m')).toBe(300_000);
  });
});

describe('keys', () => {
  it.each([['ada'], [''], [1], [Number.NaN], [1n], [true], [null], [['user', 7, [null]]]])(
    'may be %s',
    (key) => {
      expect(keyParameter.check(key)).toBe(key);
    },
  );

  it.each([[undefined], [{}], [Symbol('key')], [() => {}], [new Date()], [['user', undefined]]])(
    'may not be %s',
    (key) => {
      expect(() => keyParameter.check(key)).toThrow(expect.objectContaining({ code: 'INVALID_KEY' }));
    },
  );
});

describe('closures', () => {
  it('are refused on the wire, saying what to do', () => {
    expect(() => refuseClosure('loader', () => 1)).toThrow(
      expect.objectContaining({
        code: 'NOT_SERIALIZABLE',
        message: expect.stringContaining('register it under `functions`'),
      }),
    );
    refuseClosure('loader', 'loadUser');
  });
});
