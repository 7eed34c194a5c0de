import fc from 'fast-check';
import { expect, it } from 'vitest';
import { checkLinearizability, entryModel, type Operation } from '../../src/testing/index.ts';
import { execute, isLinearizable } from './brute-force.ts';

const actions = ['get', 'exists', 'put', 'add', 'update', 'incr', 'decr', 'del', 'take'] as const;

interface Planned {
  readonly action: (typeof actions)[number];
  readonly value: number;
  readonly before: number;
  readonly after: number;
  readonly unknown: boolean;
}

const planned = (unknown: fc.Arbitrary<boolean>): fc.Arbitrary<Planned> =>
  fc.record({
    action: fc.constantFrom(...actions),
    value: fc.integer({ min: 1, max: 3 }),
    before: fc.double({ min: 0, max: 1.5, noNaN: true }),
    after: fc.double({ min: 0, max: 1.5, noNaN: true }),
    unknown,
  });

/** Executes one after the other, each at a time of its own, and has each begin somewhat before that and end after. */
function history(plan: readonly Planned[]): Operation[] {
  const entry: unknown[] = [];
  return plan.map(({ action, value, before, after, unknown }, at) => {
    const args = ['get', 'exists', 'del', 'take'].includes(action) ? [] : [value];
    const asked = { client: at, key: 'k', action, args, invoked: at - before };
    // Of those whose outcome is unknown, some took effect.
    const answer = unknown && value === 1 ? undefined : execute(entry, action, args);
    if (unknown) return { ...asked, outcome: 'unknown' };
    return { ...asked, returned: at + after, outcome: 'ok', result: answer };
  });
}

const verdict = (operations: readonly Operation[]) => checkLinearizability(entryModel(), operations).verdict;
const sometimes = fc.nat(4).map((n) => n === 0);

it('accepts what was executed in some order inside its intervals', () => {
  fc.assert(
    fc.property(fc.array(planned(sometimes), { maxLength: 40 }), (plan) => {
      expect(verdict(history(plan))).toBe('linearizable');
    }),
  );
});

it('answers with an order that is consistent with real time and gives every answer', () => {
  fc.assert(
    fc.property(fc.array(planned(sometimes), { maxLength: 40 }), (plan) => {
      const found = checkLinearizability(entryModel(), history(plan));
      const order = found.verdict === 'linearizable' ? found.order : [];
      expect(order.filter(({ outcome }) => outcome === 'ok')).toHaveLength(
        history(plan).filter(({ outcome }) => outcome === 'ok').length,
      );
      const entry: unknown[] = [];
      let latest = Number.NEGATIVE_INFINITY;
      for (const { action, args, outcome, result, invoked, returned } of order) {
        const answer = execute(entry, action, args);
        if (outcome === 'ok') expect(answer).toEqual(result);
        latest = Math.max(latest, invoked);
        expect(returned ?? latest).toBeGreaterThanOrEqual(latest);
      }
    }),
  );
});

it('agrees with trying all orders, when an answer is changed', () => {
  const verdicts = new Set<string>();
  const change = fc.record({
    plan: fc.array(planned(sometimes), { minLength: 1, maxLength: 6 }),
    at: fc.nat(5),
    answer: fc.constantFrom(undefined, true, false, 0, 1, 2, 3, 4, 5),
  });
  fc.assert(
    fc.property(change, ({ plan, at, answer }) => {
      const operations = history(plan);
      const changed = operations[at % operations.length]!;
      if (changed.outcome === 'ok' && changed.action !== 'put') {
        operations[at % operations.length] = { ...changed, result: answer };
      }
      const expected = isLinearizable(operations) ? 'linearizable' : 'not-linearizable';
      verdicts.add(expected);
      expect(verdict(operations)).toBe(expected);
    }),
    { numRuns: 1_000 },
  );
  expect(verdicts.size).toBe(2);
});

it('rejects an answer that no order explains, however long the history', () => {
  fc.assert(
    fc.property(
      fc.array(planned(fc.constant(false)), { minLength: 1, maxLength: 40 }),
      fc.nat(),
      (plan, at) => {
        const operations = history(plan);
        const index = at % operations.length;
        operations[index] = { ...operations[index]!, action: 'get', args: [], result: 'never written' };
        expect(verdict(operations)).toBe('not-linearizable');
      },
    ),
  );
});

it('finds nothing more when the entry may be lost, if trying all orders with a loss finds it', () => {
  fc.assert(
    fc.property(
      fc.array(planned(fc.constant(false)), { minLength: 1, maxLength: 5 }),
      fc.nat(4),
      (plan, at) => {
        const operations = history(plan).map((operation, index) =>
          index >= at && operation.action === 'get' ? { ...operation, result: undefined } : operation,
        );
        const loss: Operation = {
          client: '-',
          key: 'k',
          action: 'del',
          args: [],
          invoked: at,
          outcome: 'unknown',
        };
        const expected = isLinearizable([...operations, loss]) ? 'linearizable' : 'not-linearizable';
        const model = entryModel({ mayBeLost: [{ from: at, to: plan.length + 10 }] });
        expect(checkLinearizability(model, operations).verdict).toBe(expected);
      },
    ),
  );
});

it('visits few states for 2,000 operations of 8 clients with few overlaps', () => {
  const plan = fc.sample(planned(fc.constant(false)), { numRuns: 2_000, seed: 1 });
  const operations = history(plan).map((operation, at) => ({ ...operation, client: at % 8 }));
  const found = checkLinearizability(entryModel(), operations);
  expect(found.verdict).toBe('linearizable');
  expect(found.visited).toBeLessThan(10_000);

  operations[1_900] = { ...operations[1_900]!, action: 'get', args: [], result: 'never written' };
  const rejected = checkLinearizability(entryModel(), operations);
  expect(rejected).toMatchObject({ verdict: 'not-linearizable', stuck: operations[1_900] });
  expect(rejected.visited).toBeLessThan(20_000);
});

it('does not try every subset of many unknown operations that ask the same', () => {
  const lost = Array.from({ length: 40 }, (_, at): Operation => {
    return { client: at, key: 'k', action: 'incr', args: [], invoked: at, outcome: 'unknown' };
  });
  const read: Operation = { ...lost[0]!, action: 'get', invoked: 50, returned: 51, outcome: 'ok' };
  for (const [result, expected] of [
    [40, 'linearizable'],
    [41, 'not-linearizable'],
  ] as const) {
    const found = checkLinearizability(entryModel(), [...lost, { ...read, result }]);
    expect(found.verdict).toBe(expected);
    expect(found.visited).toBeLessThan(100);
  }
});
