import { expect, it } from 'vitest';
import { measurePair } from '../dist/src/threads/pair.js';
import { wayNames } from '../src/threads/ways.ts';

it.each(wayNames)('frames go to another thread and back by way of %s', async (way) => {
  expect(await measurePair(way, { inFlight: 4, warmUp: 100, frames: 1_000 })).toBeGreaterThan(0);
});
