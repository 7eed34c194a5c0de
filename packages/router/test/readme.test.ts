import { expect, it } from 'vitest';
import { brokenLinks, programs, typeErrors, Workshop } from './documents.ts';

const path = 'packages/router/README.md';

it('the README shows a use without a cache that runs as it says', async () => {
  const [counter, ...others] = programs(path);
  expect(others).toEqual([]);
  expect(typeErrors([counter!])).toEqual([]);
  await using workshop = await Workshop.open();
  expect(await workshop.run(counter!)).toEqual([{ lines: ['1', '2'], complaints: '', code: 0 }]);
}, 60_000);

it('the README links to files that are there', () => {
  expect(brokenLinks(path)).toEqual([]);
});
