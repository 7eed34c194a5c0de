import { hashKey } from '@cachex/router/hash';
import { describe, expect, it } from 'vitest';
import type { KeyedAction } from '../src/action.ts';
import { actions } from '../src/actions/index.ts';
import {
  bindAll,
  bindLocal,
  checkArguments,
  checkWire,
  dispatch,
  executeAction,
  finishResult,
} from '../src/bind.ts';
import { byCopy } from '../src/local/value-form.ts';
import { keyParameter, type Parameter } from '../src/parameters.ts';
import { anEngine } from './local/an-engine.ts';

const plain: Parameter<unknown> = { kind: 'plain', check: (input) => input };

describe('bindAll', () => {
  it('makes one method for each action, and gives it to the aliases too', () => {
    const methods = bindAll((action) => () => action.name);
    expect(Object.keys(methods).sort()).toEqual(
      [...Object.keys(actions), 'delete', 'has', 'restore', 'save', 'set', 'setMany'].sort(),
    );
    expect(methods.set).toBe(methods.put);
    expect(methods.get?.()).toBe('get');
    expect(methods.get?.name).toBe('get');
  });
});

describe('a call record', () => {
  const methods = bindAll((action) => () => action.name);

  it.each<[action: unknown, message: string]>([
    ['set', "action: 'set' is not an action; it is another name of 'put'"],
    ['delete', "action: 'delete' is not an action; it is another name of 'del'"],
    ['gett', "action: 'gett' is not an action; did you mean 'get'?"],
  ])('for %j is refused: %s', (action, message) => {
    expect(() => dispatch(methods, { action, args: [] })).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', message }),
    );
  });

  it('of no use at all is refused as well', () => {
    for (const call of [undefined, null, 5, { action: Object.create(null), args: [] }]) {
      expect(() => dispatch(methods, call)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
    }
  });
});

describe('arguments', () => {
  it('are checked and filled up to as many as the action has parameters', () => {
    expect(checkArguments(actions.incr, ['n'])).toEqual(['n', 1, undefined]);
    expect(() => checkArguments(actions.incr, ['n', 'x'])).toThrow(/^by: 'x'/);
  });

  it('that hold closures are refused on the wire only', () => {
    const closure = (): number => 1;
    expect(checkArguments(actions.fetch, ['ada', closure])).toEqual(['ada', closure, undefined]);
    for (const action of [actions.fetch]) {
      expect(() => checkWire(action, ['ada', closure, undefined])).toThrow(
        expect.objectContaining({
          code: 'NOT_SERIALIZABLE',
          message: expect.stringContaining('`functions`'),
        }),
      );
      checkWire(action, ['ada', 'loadUser', undefined]);
    }
  });
});

describe('executing where the data is', () => {
  const keyed = (key: string) => hashKey(key);

  it('counts the call and what came of it', async () => {
    const { engine } = anEngine({ stats: true });
    executeAction(engine, actions.put, keyed('ada'), ['ada', 1, undefined]);
    expect(executeAction(engine, actions.get, keyed('ada'), ['ada', undefined])).toBe(1);
    expect(executeAction(engine, actions.size, engine.partitions, [undefined])).toBe(1);
    expect(await executeAction(engine, actions.fetch, keyed('ada'), ['ada', () => 2, undefined])).toBe(1);
    expect(executeAction(engine, actions.clear, [], [undefined])).toBe(0);
    expect(executeAction(engine, actions.stats, 0, [undefined])).toMatchObject({
      hits: 2,
      writes: 1,
      removals: 0,
      calls: { put: 1, get: 1, size: 1, fetch: 1, clear: 1 },
    });
  });

  it('counts no call that failed', async () => {
    const { engine } = anEngine({ stats: true });
    executeAction(engine, actions.put, keyed('ada'), ['ada', 'text', undefined]);
    expect(() => executeAction(engine, actions.incr, keyed('ada'), ['ada', 1, undefined])).toThrow();
    await expect(
      executeAction(engine, actions.fetch, keyed('bob'), ['bob', 'none', undefined]),
    ).rejects.toThrow();
    expect(engine.statistics?.read().calls).toEqual({ put: 1 });
  });

  it('covers only the partitions it is given', () => {
    const { engine } = anEngine({ partitions: 4 });
    for (let key = 0; key < 100; key += 1) engine.write(key, hashKey(key), key);
    const cover = (partitions: number[]): number[] =>
      executeAction(engine, actions.keys, partitions, [undefined]) as number[];
    expect(cover([0, 1, 2, 3])).toHaveLength(100);
    const [some, rest] = [cover([0, 3]), cover([1, 2])];
    expect([...some, ...rest].sort((a, b) => a - b)).toEqual(
      Array.from({ length: 100 }, (_, index) => index),
    );
    expect(executeAction(engine, actions.clear, [0, 3], [undefined])).toBe(some.length);
    expect(executeAction(engine, actions.size, [0, 1, 2, 3], [undefined])).toBe(rest.length);
  });
});

describe('finishing where the caller is', () => {
  it('opens held values and fills in defaults', () => {
    const held = byCopy.hold({ name: 'Ada' });
    expect(finishResult(actions.get, byCopy, held, ['ada', undefined])).toEqual({ name: 'Ada' });
    expect(finishResult(actions.get, byCopy, held, ['ada', undefined])).not.toBe(held);
    expect(finishResult(actions.get, byCopy, undefined, ['ada', { default: 5 }])).toBe(5);
    expect(finishResult(actions.size, byCopy, 7, [undefined])).toBe(7);
  });
});

describe('bindLocal', () => {
  const anAction = (
    parameters: readonly Parameter<unknown>[],
    key = 0,
  ): KeyedAction<readonly unknown[], readonly unknown[]> => ({
    name: 'probe',
    effect: 'read',
    repeatable: true,
    route: { kind: 'keyed', key },
    parameters,
    result: 'plain',
    execute: (_engine, hash, ...args) => [hash, ...args],
  });

  it('passes one to four arguments, and the hash of the key wherever that is', () => {
    const { engine } = anEngine();
    const hash = hashKey('ada');
    const rest = [plain, plain, plain];
    for (let count = 1; count <= 4; count += 1) {
      const method = bindLocal(anAction([keyParameter, ...rest].slice(0, count)), engine);
      expect(method('ada', 1, 2, 3)).toEqual([hash, 'ada', 1, 2, 3].slice(0, count + 1));
    }
    expect(bindLocal(anAction([plain, keyParameter], 1), engine)('command', 'ada')).toEqual([
      hash,
      'command',
      'ada',
    ]);
  });

  it('refuses to bind what it could not call', () => {
    const { engine } = anEngine();
    expect(() => bindLocal(anAction([]), engine)).toThrow(RangeError);
    expect(() => bindLocal(anAction([plain, plain, keyParameter], 2), engine)).toThrow(RangeError);
  });
});
