import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { routerSuite } from '../../src/testing/router-suite.ts';
import { programs } from '../documents.ts';
import { workersOnly } from './workers-only.ts';

routerSuite({ describe, it }, 'workers only', () => workersOnly, { balance: 'balanced', movement: 'least' });

it('is the one that docs/routers.md shows', () => {
  const source = readFileSync(new URL('workers-only.ts', import.meta.url), 'utf8');
  const shown = source.slice(source.indexOf("name: 'workers only'"), source.lastIndexOf('};'));
  expect(programs('docs/routers.md').some(({ code }) => code.includes(shown))).toBe(true);
});
