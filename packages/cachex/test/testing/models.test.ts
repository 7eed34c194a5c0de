import { describe, expect, it } from 'vitest';
import {
  addModel,
  checkLinearizability,
  counterModel,
  entryModel,
  type ModelOptions,
  registerModel,
} from '../../src/testing/index.ts';
import { operations, type Short } from './operations.ts';

describe('a model', () => {
  it.each([
    ['register', registerModel, ['del', 'exists', 'get', 'lose', 'put', 'take', 'update']],
    ['counter', counterModel, ['decr', 'del', 'exists', 'get', 'incr', 'lose']],
    ['add', addModel, ['add', 'del', 'exists', 'get', 'lose']],
    ['entry', entryModel, ['add', 'decr', 'del', 'exists', 'get', 'incr', 'lose', 'put', 'take', 'update']],
  ] as const)('of the kind %s knows its actions', (_name, model, known) => {
    const asked = ['add', 'decr', 'del', 'exists', 'expire', 'get', 'incr', 'lose', 'put', 'take', 'update'];
    const knows = (action: string): boolean => {
      try {
        checkLinearizability(model({ initial: 1 }), operations(['a', 1, 2, action, [1]]));
        return true;
      } catch {
        return false;
      }
    };
    expect(asked.filter(knows)).toEqual(known);
  });

  it('begins with the value it is given', () => {
    const history = operations(['a', 1, 2, 'incr', [], 6]);
    expect(checkLinearizability(counterModel({ initial: 5 }), history).verdict).toBe('linearizable');
    expect(checkLinearizability(counterModel(), history).verdict).toBe('not-linearizable');
  });
});

describe('an entry that may be lost', () => {
  const put: Short = ['a', 1, 2, 'put', [1]];
  const verdict = (mayBeLost: ModelOptions['mayBeLost'] & {}, ...shorts: Short[]) =>
    checkLinearizability(entryModel({ mayBeLost }), operations(...shorts)).verdict;

  it.each([[true], [[3]], [[{ from: 2.5, to: 9 }]]])('vanishes or stays: %j', (mayBeLost) => {
    expect(verdict(mayBeLost, put, ['b', 4, 5, 'get', [], undefined])).toBe('linearizable');
    expect(verdict(mayBeLost, put, ['b', 4, 5, 'get', [], 1])).toBe('linearizable');
    expect(verdict(mayBeLost, put, ['b', 4, 5, 'get', [], 2])).toBe('not-linearizable');
  });

  it.each([[true], [[5.5]], [[{ from: 2.5, to: 9 }]]])('never comes back: %j', (mayBeLost) => {
    const missed: Short = ['b', 6, 7, 'get', [], undefined];
    expect(verdict(mayBeLost, put, missed, ['b', 8, 9, 'get', [], 1])).toBe('not-linearizable');
    expect(verdict(mayBeLost, put, missed, ['b', 8, 9, 'incr', [], 2])).toBe('not-linearizable');
    expect(verdict(mayBeLost, put, missed, ['b', 8, 9, 'incr', [], 1])).toBe('linearizable');
  });

  it('does not vanish at other times, nor twice at one of them', () => {
    expect(verdict([6], put, ['b', 4, 5, 'get', [], undefined])).toBe('not-linearizable');
    expect(verdict([1], put, ['b', 4, 5, 'get', [], undefined])).toBe('linearizable');
    const again: Short[] = [
      ['b', 4, 5, 'add', [2], true],
      ['b', 6, 7, 'add', [3], true],
    ];
    expect(verdict([{ from: 0, to: 9 }], put, ...again)).toBe('not-linearizable');
    expect(verdict([3, 5.5], put, ...again)).toBe('linearizable');
    expect(verdict(true, put, ...again)).toBe('linearizable');
  });

  it('is gone for certain after a recorded loss', () => {
    const lost: Short = ['-', 3, 6, 'lose'];
    expect(verdict(false, put, lost, ['b', 4, 5, 'get', [], 1])).toBe('linearizable');
    expect(verdict(false, put, lost, ['b', 4, 5, 'get', [], undefined])).toBe('linearizable');
    expect(verdict(false, put, lost, ['b', 7, 8, 'get', [], 1])).toBe('not-linearizable');
  });

  it('names in its order only the losses that made a difference', () => {
    const history = operations(put, ['b', 4, 5, 'get', [], 1], ['b', 7, 8, 'get', [], undefined]);
    const found = checkLinearizability(entryModel({ mayBeLost: [3, 6] }), history);
    const order = found.verdict === 'linearizable' ? found.order : [];
    expect(order.map(({ action, invoked }) => [action, invoked])).toEqual([
      ['put', 1],
      ['get', 4],
      ['may lose', 6],
      ['get', 7],
    ]);
  });
});
