import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Ordered } from '../../../src/local/limits/ordered.ts';
import { policySuite } from './policy-suite.ts';
import { Residents } from './residents.ts';

const orders = [
  { name: 'lru', create: () => new Ordered('lru'), renewedBy: ['use', 'write'] },
  { name: 'lrw', create: () => new Ordered('lrw'), renewedBy: ['write'] },
  { name: 'fifo', create: () => new Ordered('fifo'), renewedBy: [] as string[] },
];

for (const { name, create, renewedBy } of orders) {
  policySuite(name, create);

  describe(`the order of ${name}`, () => {
    it(`is that of adding${renewedBy.map((step) => ` and of every ${step}`).join('')}`, () => {
      const step = fc.record({
        step: fc.constantFrom('add', 'use', 'write', 'remove', 'evict'),
        key: fc.nat(20),
      });
      fc.assert(
        fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
          const residents = new Residents(create);
          const model = new Set<number>();
          for (const { step, key } of steps) {
            if (step === 'evict') {
              const [oldest] = model;
              if (oldest === undefined) continue;
              expect(residents.evict()).toBe(oldest);
              model.delete(oldest);
            } else if (!model.has(key)) {
              residents.add(key);
              model.add(key);
            } else if (step === 'remove') {
              residents.remove(key);
              model.delete(key);
            } else if (step === 'use' || step === 'write') {
              if (step === 'use') residents.use(key);
              else residents.write(key);
              if (renewedBy.includes(step)) {
                model.delete(key);
                model.add(key);
              }
            }
          }
        }),
      );
    });
  });
}
