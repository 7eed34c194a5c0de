import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const main = fileURLToPath(new URL('../dist/src/main.js', import.meta.url));

it('prints JSON and nothing else with --json', () => {
  const only = 'get miss, 100 k fresh strings Map';
  const args = [main, 'local', '--json', '--rounds', '1', '--only', only];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  expect([status, stderr]).toEqual([0, expect.stringContaining('round 1 of 1')]);
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines).toEqual([
    {
      suite: 'local',
      case: 'get miss, 100 k fresh strings',
      ours: expect.any(Number),
      peer: expect.any(Number),
      peerName: 'Map',
      ratio: expect.any(Number),
      unit: 'ns/op',
    },
  ]);
});
