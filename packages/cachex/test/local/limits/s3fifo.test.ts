import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { S3Fifo } from '../../../src/local/limits/s3fifo.ts';
import { policySuite } from './policy-suite.ts';
import { hitRatio, Residents } from './residents.ts';
import { random, scanned, zipf } from './traces.ts';

policySuite('s3fifo', (resident) => new S3Fifo(resident));

/** S3-FIFO in the words of its paper, over arrays; few enough entries that its ghosts are one exact queue. */
class Model {
  small: number[] = [];
  main: number[] = [];
  ghosts: number[] = [];
  readonly uses = new Map<number, number>();

  add(key: number): void {
    this.uses.set(key, 0);
    (this.forget(key) ? this.main : this.small).push(key);
  }

  use(key: number): void {
    this.uses.set(key, Math.min(3, this.uses.get(key)! + 1));
  }

  remove(key: number): void {
    this.uses.delete(key);
    this.small = this.small.filter((other) => other !== key);
    this.main = this.main.filter((other) => other !== key);
  }

  evict(): number {
    const smallMost = 0.1 * this.uses.size;
    for (;;) {
      if (this.main.length === 0 || (this.small.length > 0 && this.small.length >= smallMost)) {
        const key = this.small.shift()!;
        if (this.uses.get(key)! > 1) {
          this.uses.set(key, 0);
          this.main.push(key);
          continue;
        }
        this.uses.delete(key);
        this.ghosts.push(key);
        if (this.ghosts.length > 15) this.ghosts.shift();
        return key;
      }
      const key = this.main.shift()!;
      const uses = this.uses.get(key)!;
      if (uses === 0) {
        this.uses.delete(key);
        return key;
      }
      this.uses.set(key, uses - 1);
      this.main.push(key);
    }
  }

  /** The place of a ghost that came back stays empty until the ring comes round to it. */
  forget(key: number): boolean {
    const place = this.ghosts.lastIndexOf(key);
    if (place >= 0) this.ghosts[place] = Number.NaN;
    return place >= 0;
  }
}

describe('S3-FIFO', () => {
  it('evicts what the algorithm of the paper evicts', () => {
    const step = fc.record({
      step: fc.constantFrom('access', 'access', 'access', 'remove'),
      key: fc.nat(30),
    });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 16 }), fc.array(step, { maxLength: 400 }), (capacity, steps) => {
        const residents = new Residents((resident) => new S3Fifo(resident));
        const model = new Model();
        for (const { step, key } of steps) {
          if (residents.has(key)) {
            const does = step === 'access' ? 'use' : 'remove';
            residents[does](key);
            model[does](key);
          } else if (step === 'access') {
            if (residents.slots.size === capacity) expect(residents.evict()).toBe(model.evict());
            residents.add(key);
            model.add(key);
          }
        }
      }),
    );
  });

  it('keeps what is asked for often while a scan goes through', () => {
    const accesses = scanned(zipf(5_000, 1, random(1)), 60_000);
    expect(hitRatio((resident) => new S3Fifo(resident), 500, accesses)).toBeGreaterThan(0.4);
  });
});
