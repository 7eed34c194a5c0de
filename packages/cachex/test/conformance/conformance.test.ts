import { afterAll, describe, expect, it } from 'vitest';
import { setUps } from '../set-ups.ts';
import { rows } from './rows.ts';

// One test for every function of the original's plan, under its name there; docs/conformance.md tells of them.
describe.each(setUps)('the plan, $name:', (setUp) => {
  afterAll(() => setUp.close());

  for (const row of rows) {
    it(row.plan, async ({ task }) => {
      const { plan, promised, fact, here } = row;
      Object.assign(task.meta, { plan, promised, fact, here, place: setUp.name });
      await row.shows(await setUp.open(row.options ?? {}), setUp);
      // All of it has happened in the middle.
      expect(setUp.awaited?.() ?? 0).toBe(0);
    });
  }
});
