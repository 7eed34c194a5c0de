import { describe, expect, it } from 'vitest';
import { rotated } from '../src/rotation.ts';
import { measureInRotation, medians } from '../src/rounds.ts';
import { identityOf, type Run } from '../src/run.ts';

const run = (candidate: string): Run => ({ candidate, measurement: { kind: 'verify' } });

describe('rounds', () => {
  it('begin with another run each, and have all of them', () => {
    expect([0, 1, 2, 3].map((round) => rotated(['a', 'b', 'c'], round).join(''))).toEqual([
      'abc',
      'bca',
      'cab',
      'abc',
    ]);
    expect(rotated([], 1)).toEqual([]);
  });

  it('measure each run once a round, one at a time, and keep the median', async () => {
    const order: string[] = [];
    let running = 0;
    const measured = await measureInRotation([run('a'), run('b')], {
      ...{ rounds: 3, identityOf },
      async execute({ candidate }) {
        running += 1;
        expect(running).toBe(1);
        await Promise.resolve();
        running -= 1;
        order.push(candidate);
        return candidate === 'a' ? order.length : 100 * order.length;
      },
    });
    expect(order.join('')).toBe('abbaab');
    const figures = medians(measured);
    expect(figures.get(identityOf(run('a')))).toBe(4);
    expect(figures.get(identityOf(run('b')))).toBe(300);
  });
});
