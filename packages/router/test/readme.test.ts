import { expect, it } from 'vitest';
import { brokenLinks, programs, promisedOutput, typeErrors, Workshop } from './documents.ts';

const path = 'packages/router/README.md';

it('the programs of the README print what they say, the first of them on nodes that join and leave', async () => {
  expect(typeErrors(programs(path))).toEqual([]);
  await using workshop = await Workshop.open();
  for (const program of programs(path)) {
    const lines = promisedOutput(program);
    expect(lines).not.toEqual([]);
    expect(await workshop.run(program)).toEqual([{ lines, complaints: '', code: 0 }]);
  }
}, 60_000);

it('the README links to files that are there', () => {
  expect(brokenLinks(path)).toEqual([]);
});
