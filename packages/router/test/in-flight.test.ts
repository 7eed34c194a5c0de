import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InFlight, LinkError, type Waiting } from '../src/in-flight.ts';
import { ManualClock } from '../src/testing/index.ts';
import { request } from './links.ts';

function waiting(id: number, deadline: number, more: Partial<Waiting> = {}): Waiting {
  return {
    request: request(id),
    deadline,
    opens: false,
    sent: true,
    packed: undefined,
    resolve: () => {},
    reject: () => {},
    ...more,
  };
}

const late = (call: Waiting): LinkError => new LinkError('timeout', call.sent, 'late');

describe('calls in flight', () => {
  it('are found by their ids, and listed in order, whatever ids they have and however many there are', () => {
    const steps = fc.array(fc.tuple(fc.boolean(), fc.nat(400), fc.nat(3)), { size: 'max', maxLength: 2_000 });
    fc.assert(
      fc.property(steps, (list) => {
        const calls = new InFlight(new ManualClock(), late, () => {});
        const model = new Map<number, Waiting>();
        for (const [taken, low, high] of list) {
          // Some share all the bits that places go by.
          const id = low + high * 2 ** 20;
          if (taken) {
            expect(calls.take(id)).toBe(model.get(id));
            model.delete(id);
          } else if (!model.has(id)) {
            const call = waiting(id, 1e9);
            model.set(id, call);
            calls.add(call);
          }
          expect(calls.get(id)).toBe(model.get(id));
          expect(calls.size).toBe(model.size);
        }
        const ids = calls.all().map((call) => call.request.id);
        expect(ids).toEqual([...model.keys()].sort((a, b) => a - b));
        calls.close();
      }),
      { numRuns: 50 },
    );
  });

  it('are rejected at their deadlines, each at its own', async () => {
    const clock = new ManualClock();
    const calls = new InFlight(clock, late, () => {});
    const rejected: number[] = [];
    for (const [id, ms] of [
      [1, 300],
      [2, 100],
      [3, 200],
    ] as const)
      calls.add(waiting(id, clock.now() + ms, { reject: () => rejected.push(id) }));
    await clock.advance(99);
    expect(rejected).toEqual([]);
    await clock.advance(101);
    expect(rejected).toEqual([2, 3]);
    await clock.advance(100);
    expect(rejected).toEqual([2, 3, 1]);
    expect(calls.size).toBe(0);
  });
});
