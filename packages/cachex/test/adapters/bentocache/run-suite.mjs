// Runs suite.mjs with Japa, and prints a line of JSON for each thing that happens.
import { assert } from '@japa/assert';
import { configure, run } from '@japa/runner';
import { ndjson } from '@japa/runner/reporters';

configure({
  files: () => [new URL('suite.mjs', import.meta.url)],
  plugins: [assert()],
  reporters: { activated: ['ndjson'], list: [ndjson()] },
  forceExit: false,
});
await run();
