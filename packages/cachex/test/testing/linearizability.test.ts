import { describe, expect, it } from 'vitest';
import { assertLinearizable, checkLinearizability, entryModel, type Model } from '../../src/testing/index.ts';
import { operations, type Short } from './operations.ts';

const verdict = (shorts: readonly Short[], model: Model = entryModel()) =>
  checkLinearizability(model, operations(...shorts)).verdict;

const bad: Record<string, readonly Short[]> = {
  'a stale read': [
    ['a', 1, 2, 'put', [1]],
    ['a', 3, 4, 'put', [2]],
    ['b', 5, 6, 'get', [], 1],
  ],
  'a miss of a key that was written': [
    ['a', 1, 2, 'put', [1]],
    ['b', 3, 4, 'get', [], undefined],
  ],
  'a lost update': [
    ['a', 1, 4, 'incr', [], 1],
    ['b', 2, 5, 'incr', [], 2],
    ['a', 6, 7, 'get', [], 1],
  ],
  'a number counted twice': [
    ['a', 1, 3, 'incr', [], 1],
    ['b', 2, 4, 'incr', [], 1],
  ],
  'a double increment': [
    ['a', 1, 2, 'incr', [], 1],
    ['a', 3, 4, 'get', [], 2],
  ],
  'a counter that goes back': [
    ['a', 1, 2, 'incr', [], 2],
    ['b', 3, 4, 'incr', [], 1],
  ],
  'a value resurrected after del': [
    ['a', 1, 2, 'put', [1]],
    ['a', 3, 4, 'del', [], true],
    ['b', 5, 6, 'get', [], 1],
  ],
  'an entry that exists after del': [
    ['a', 1, 2, 'put', [1]],
    ['a', 3, 4, 'del', [], true],
    ['b', 5, 6, 'exists', [], true],
  ],
  'two dels that both removed one entry': [
    ['a', 1, 2, 'put', [1]],
    ['a', 3, 5, 'del', [], true],
    ['b', 4, 6, 'del', [], true],
  ],
  'two takes that both succeed': [
    ['a', 1, 2, 'put', [1]],
    ['b', 3, 5, 'take', [], 1],
    ['c', 4, 6, 'take', [], 1],
  ],
  'a take that leaves the value behind': [
    ['a', 1, 2, 'put', [1]],
    ['b', 3, 4, 'take', [], 1],
    ['b', 5, 6, 'get', [], 1],
  ],
  'two adds that both succeed': [
    ['a', 1, 3, 'add', [1], true],
    ['b', 2, 4, 'add', [2], true],
  ],
  'two adds that both fail': [
    ['a', 1, 3, 'add', [1], false],
    ['b', 2, 4, 'add', [2], false],
  ],
  'an add that failed and is read': [
    ['a', 1, 3, 'add', [1], true],
    ['b', 2, 4, 'add', [2], false],
    ['b', 5, 6, 'get', [], 2],
  ],
  'a read of a value never written': [
    ['a', 1, 2, 'put', [1]],
    ['b', 1, 3, 'get', [], 7],
  ],
  'a read of a value that is written later': [
    ['b', 1, 2, 'get', [], 1],
    ['a', 3, 4, 'put', [1]],
  ],
  'a client that does not read its own write': [
    ['b', 1, 9, 'put', [1]],
    ['a', 2, 3, 'put', [2]],
    ['a', 4, 5, 'get', [], undefined],
  ],
  'reads that are not monotonic': [
    ['a', 1, 9, 'put', [1]],
    ['b', 2, 3, 'get', [], 1],
    ['b', 4, 5, 'get', [], undefined],
  ],
  'two readers that see two writes in different orders': [
    ['a', 1, 20, 'put', [1]],
    ['b', 1, 20, 'put', [2]],
    ['c', 2, 3, 'get', [], 1],
    ['d', 4, 5, 'get', [], 2],
    ['c', 6, 7, 'get', [], 1],
  ],
  'a write applied twice': [
    ['a', 1, 9, 'put', [1]],
    ['b', 2, 3, 'get', [], 1],
    ['b', 4, 5, 'del', [], true],
    ['b', 6, 7, 'get', [], 1],
  ],
  'a write applied after a later acknowledged one': [
    ['a', 1, 2, 'put', [1]],
    ['b', 3, 4, 'put', [2]],
    ['c', 5, 6, 'get', [], 2],
    ['c', 7, 8, 'get', [], 1],
  ],
  'an update that was acknowledged for no entry': [
    ['a', 1, 2, 'update', [5], true],
    ['a', 3, 4, 'get', [], 5],
  ],
  'an update that brings a deleted entry back': [
    ['a', 1, 2, 'put', [1]],
    ['a', 3, 6, 'update', [5], false],
    ['b', 4, 7, 'del', [], true],
    ['b', 8, 9, 'get', [], 5],
  ],
  'an update that is lost': [
    ['a', 1, 2, 'put', [1]],
    ['a', 3, 4, 'update', [5], true],
    ['b', 5, 6, 'get', [], 1],
  ],
  'an unknown write that is seen and then unseen': [
    ['a', 1, 2, 'put', [1]],
    ['a', 3, null, 'put', [2]],
    ['b', 4, 5, 'get', [], 2],
    ['b', 6, 7, 'get', [], 1],
  ],
  'an unknown write that takes effect before it is asked for': [
    ['b', 1, 2, 'get', [], 1],
    ['a', 3, null, 'put', [1]],
  ],
  'an unknown increment that counts twice': [
    ['a', 1, null, 'incr'],
    ['b', 2, 3, 'get', [], 2],
  ],
  'more adds than were asked for': [
    ['a', 1, null, 'incr'],
    ['a', 2, null, 'incr'],
    ['b', 3, 4, 'incr', [], 4],
  ],
  'an entry that vanishes although nothing may be lost': [
    ['a', 1, 2, 'incr', [], 1],
    ['a', 3, 4, 'incr', [], 1],
  ],
  'an increment of what is no number': [
    ['a', 1, 2, 'put', ['text']],
    ['a', 3, 4, 'incr', [], 1],
  ],
};

const good: Record<string, readonly Short[]> = {
  'nothing at all': [],
  'one client after the other': [
    ['a', 1, 2, 'put', [1]],
    ['b', 3, 4, 'incr', [4], 5],
    ['a', 5, 6, 'update', [8], true],
    ['b', 7, 8, 'decr', [3], 5],
    ['c', 9, 10, 'take', [], 5],
    ['c', 11, 12, 'add', [6], true],
    ['c', 13, 14, 'add', [7], false],
    ['c', 15, 16, 'get', [], 6],
  ],
  'a read during a write that sees the value before': [
    ['a', 1, 9, 'put', [1]],
    ['b', 2, 3, 'get', [], undefined],
    ['b', 4, 5, 'get', [], 1],
  ],
  'overlapping writes in the other order of their returns': [
    ['a', 1, 9, 'put', [1]],
    ['b', 2, 8, 'put', [2]],
    ['c', 10, 11, 'get', [], 1],
  ],
  'operations that touch at one instant': [
    ['a', 1, 2, 'put', [1]],
    ['b', 2, 3, 'get', [], undefined],
  ],
  'an unknown write that takes effect late': [
    ['a', 1, null, 'put', [1]],
    ['b', 2, 3, 'put', [2]],
    ['b', 4, 5, 'get', [], 2],
    ['b', 6, 7, 'get', [], 1],
  ],
  'an unknown write that never takes effect': [
    ['a', 1, null, 'put', [1]],
    ['b', 2, 3, 'get', [], undefined],
  ],
  'unknown increments, of which some count': [
    ['a', 1, null, 'incr'],
    ['a', 2, null, 'incr'],
    ['a', 3, null, 'incr'],
    ['b', 4, 5, 'incr', [], 3],
    ['b', 6, 7, 'incr', [], 4],
  ],
  'an unknown increment of what is no number': [
    ['a', 1, 2, 'put', ['text']],
    ['a', 3, null, 'incr'],
    ['a', 4, 5, 'get', [], 'text'],
  ],
  'two takes, of which one finds nothing': [
    ['a', 1, 2, 'put', [1]],
    ['b', 3, 5, 'take', [], undefined],
    ['c', 4, 6, 'take', [], 1],
  ],
  'values compared by their content': [
    ['a', 1, 2, 'put', [{ name: 'Ada' }]],
    ['b', 3, 4, 'get', [], { name: 'Ada' }],
    ['b', 5, 6, 'update', [[1n, NaN]], true],
    ['b', 7, 8, 'take', [], [1n, NaN]],
  ],
  'an entry whose value is undefined': [
    ['a', 1, 2, 'put', [undefined]],
    ['b', 3, 4, 'get', [], undefined],
    ['b', 5, 6, 'exists', [], true],
  ],
  'an update by a function': [
    ['a', 1, 2, 'put', [2]],
    ['a', 3, 4, 'update', [(value: number) => value * 5], true],
    ['a', 5, 6, 'get', [], 10],
  ],
  'defaults that are not stored, and one that is': [
    ['a', 1, 2, 'get', [{ default: 7 }], 7],
    ['a', 3, 4, 'incr', [1, { default: 10 }], 11],
  ],
};

describe('a history is rejected that has', () => {
  it.each(Object.entries(bad))('%s', (_name, shorts) => {
    expect(verdict(shorts)).toBe('not-linearizable');
  });
});

describe('a history is accepted that has', () => {
  it.each(Object.entries(good))('%s', (_name, shorts) => {
    expect(verdict(shorts)).toBe('linearizable');
  });
});

describe('an operation that certainly failed', () => {
  it('took no effect', () => {
    const [failed] = operations(['a', 1, null, 'put', [1]]);
    const history = (seen: unknown) => [
      { ...failed!, returned: 2, outcome: 'failed' as const },
      ...operations(['b', 3, 4, 'get', [], seen]),
    ];
    expect(checkLinearizability(entryModel(), history(undefined)).verdict).toBe('linearizable');
    expect(checkLinearizability(entryModel(), history(1)).verdict).toBe('not-linearizable');
  });
});

describe('an operation whose outcome is unknown', () => {
  it('may take effect after it returned', () => {
    const [lost] = operations(['a', 1, null, 'put', [1]]);
    const late = operations(['b', 3, 4, 'get', [], undefined], ['b', 5, 6, 'get', [], 1]);
    expect(checkLinearizability(entryModel(), [{ ...lost!, returned: 2 }, ...late]).verdict).toBe(
      'linearizable',
    );
  });
});

describe('the verdict', () => {
  it('has an order that explains every answer', () => {
    const history = operations(
      ['a', 1, 9, 'put', [1]],
      ['b', 2, 8, 'put', [2]],
      ['b', 3, null, 'del'],
      ['c', 10, 11, 'get', [], 1],
    );
    const found = checkLinearizability(entryModel(), history);
    expect(found).toMatchObject({ verdict: 'linearizable', order: [history[1], history[0], history[3]] });
  });

  it('names the operation that fits nowhere, what could be put in an order before it, and what that leaves', () => {
    const history = operations(
      ['a', 1, 2, 'put', [1]],
      ['a', 3, 4, 'put', [2]],
      ['b', 5, 6, 'get', [], 1],
      ['b', 7, 8, 'get', [], 2],
    );
    expect(checkLinearizability(entryModel(), history)).toEqual({
      verdict: 'not-linearizable',
      key: 'k',
      linearized: [history[0], history[1]],
      stuck: history[2],
      states: [2],
      visited: 3,
      message: [
        `key 'k': no order of its 4 operations explains all answers. The longest one:`,
        '  client a, 1 to 2: put(1)',
        '  client a, 3 to 4: put(2)',
        'leaves behind 2. What fits nowhere:',
        '  client b, 5 to 6: get() → 1',
      ].join('\n'),
    });
  });

  it('names all that orders of the same reach leave behind', () => {
    const found = checkLinearizability(
      entryModel(),
      operations(['a', 1, 4, 'put', [1]], ['b', 2, 5, 'put', [2]], ['c', 6, 7, 'get', [], 3]),
    );
    expect(found).toMatchObject({ states: expect.toSatisfy((some) => new Set(some as []).size === 2) });
  });

  it('is undecided, and no pass, when the search reaches its limit', () => {
    const puts = Array.from({ length: 12 }, (_, n): Short => [`c${n}`, 1, 2, 'put', [n]]);
    const history = operations(...puts, ['r', 3, 4, 'get', [], 'none']);
    const found = checkLinearizability(entryModel(), history, { limit: 500 });
    expect(found).toMatchObject({ verdict: 'undecided', key: 'k' });
    expect(found.visited).toBeLessThan(510);
    expect(() => assertLinearizable(entryModel(), history, { limit: 500 })).toThrow(
      'undecided after 500 states',
    );
  });

  it('judges every key by itself, and keys by their content', () => {
    const [put, got] = operations(['a', 1, 2, 'put', [1]], ['b', 3, 4, 'get', [], undefined]);
    const keyed = (key: readonly number[]) => ({ ...got!, key });
    expect(checkLinearizability(entryModel(), [{ ...put!, key: [1] }, keyed([2])]).verdict).toBe(
      'linearizable',
    );
    const found = checkLinearizability(entryModel(), [{ ...put!, key: [1] }, keyed([1])]);
    expect(found).toMatchObject({ verdict: 'not-linearizable', key: [1] });
  });

  it('is refused to what is no history', () => {
    const [put] = operations(['a', 1, 2, 'put', [1]]);
    const { returned: _none, ...endless } = put!;
    for (const wrong of [{ ...put!, returned: 0 }, { ...put!, invoked: Number.NaN }, endless]) {
      expect(() => checkLinearizability(entryModel(), [wrong])).toThrow(RangeError);
    }
    expect(() => checkLinearizability(entryModel(), [{ ...put!, action: 'putt' }])).toThrow(
      "did you mean 'put'?",
    );
    expect(() => checkLinearizability(entryModel(), [], { limit: 0 })).toThrow('limit');
  });
});
