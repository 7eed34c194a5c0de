import { describe, expect, it } from 'vitest';
import type { Owners } from '../../src/router.ts';
import { local } from '../../src/routers/local.ts';
import { routerSuite } from '../../src/testing/router-suite.ts';
import { membersOf } from './shares.ts';

routerSuite({ describe, it }, 'local', local, { balance: 'single' });

/** Who has everything. */
function homeOf(weights: readonly number[], previous: Owners = []): string | null {
  const [home, ...others] = new Set(local().assign(membersOf(weights), 8, previous));
  expect(others).toEqual([]);
  return home!;
}

describe('local', () => {
  it('leaves everything where it is when others come and go', () => {
    const previous = new Array(8).fill('n0002');
    expect(homeOf([1, 1, 1], previous)).toBe('n0002');
    expect(homeOf([1, 0, 1, 1, 1], previous)).toBe('n0002');
  });

  it('goes to whoever is heavier', () => {
    expect(homeOf([1, 2, 1], new Array(8).fill('n0002'))).toBe('n0001');
  });

  it('gathers what was taken over by several where the most of it is', () => {
    const scattered = ['n0001', 'n0002', 'n0003', 'n0002', 'n0001', 'n0002', null, 'gone'];
    expect(homeOf([1, 1, 1, 1], scattered)).toBe('n0002');
    expect(homeOf([1, 1, 0, 1], scattered)).toBe('n0001');
  });
});
