import type { Loss } from 'cachex/testing';
import { describe, expect, it } from 'vitest';
import type { CacheName, Ended } from '../src/messages.ts';
import { endOf, Windows, windowAt } from '../src/windows.ts';

const window = 7;
const start = endOf(window - 1);

/** Says what a client asked and was answered, each operation after the one before. */
function told(windows: Windows, cache: CacheName = 'kept') {
  let asked = 0;
  return (action: string, args: readonly unknown[], ended?: Partial<Ended>): void => {
    asked += 1;
    windows.asked({ asked, client: 'a', cache, window, key: 'entry', action, args, at: start + 2 * asked });
    if (ended !== undefined)
      windows.ended({ ended: asked, client: 'a', at: start + 2 * asked + 1, outcome: 'ok', ...ended });
  };
}

const never = (): readonly Loss[] => [];

describe('the windows of a run', () => {
  it('follow one another without a gap', () => {
    expect(windowAt(start)).toBe(window);
    expect(windowAt(endOf(window) - 1)).toBe(window);
    expect(windowAt(endOf(window))).toBe(window + 1);
  });

  it('are judged once, when they are over, key by key', () => {
    const windows = new Windows(never);
    const tell = told(windows);
    tell('put', ['one'], {});
    tell('get', [], { result: 'one' });
    tell('put', ['two']);
    tell('get', [], { result: 'two' });
    tell('del', [], { outcome: 'failed', code: 'TIMEOUT' });
    windows.judge(endOf(window) - 1);
    expect(windows.found.operations).toBe(0);
    expect(windows.over(endOf(window))).toEqual([
      { window, cache: 'kept', keys: ['entry'] },
      { window, cache: 'loose', keys: [] },
    ]);
    expect(windows.over(endOf(window))).toEqual([]);
    windows.judge(endOf(window));
    windows.judge(endOf(window));
    expect(windows.found).toMatchObject({
      ...{ operations: 5, keys: 1, undecided: 0, violations: [] },
      ...{
        outcomes: { ok: 3, failed: 1, unknown: 1 },
        codes: { TIMEOUT: 1 },
        actions: { put: 2, get: 2, del: 1 },
      },
    });
  });

  it.each([
    ['is lost', undefined],
    ['is older than what was read', 'one'],
    ['was never written', 'three'],
  ])('accuse an answer that %s', (_what, result) => {
    const windows = new Windows(never);
    const tell = told(windows);
    tell('put', ['one'], {});
    tell('put', ['two'], {});
    tell('get', [], { result: 'two' });
    tell('get', [], { result });
    windows.judge(endOf(window));
    expect(windows.found.violations).toEqual([expect.stringMatching(/^kept: entry: .*no order/)]);
  });

  it('excuse what may have been lost, where and when that may be, and nothing that comes back', () => {
    const losses = (cache: CacheName): readonly Loss[] =>
      cache === 'loose' ? [{ from: start + 3.5, to: start + 9 }] : [];
    for (const [cache, late, expected] of [
      ['loose', undefined, 0],
      ['loose', 'one', 1],
      ['kept', undefined, 1],
    ] as const) {
      const windows = new Windows(losses);
      const tell = told(windows, cache);
      tell('put', ['one'], {});
      tell('get', [], { result: undefined });
      tell('get', [], { result: late });
      windows.judge(endOf(window));
      expect(windows.found.violations, `${cache}, ${late}`).toHaveLength(expected);
    }
  });
});
