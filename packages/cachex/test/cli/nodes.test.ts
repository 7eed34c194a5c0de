import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually, Machine, type Worker } from '../cluster/fixtures/machine.ts';
import { Program } from './program.ts';

const keys = Array.from({ length: 300 }, (_, n) => `key-${n}`);
let machine: Machine;
let workers: readonly Worker[];
let cachex: Program;

beforeEach(async () => {
  machine = await Machine.start();
  const stats = { cache: { stats: true } };
  workers = await Promise.all(['a', 'b', 'c'].map((id) => machine.worker(id, stats)));
  await Promise.all(workers.map((worker) => worker.do('ready', 3)));
  await workers[0]!.put(keys, { n: 1 });
  cachex = Program.at(machine.directory);
}, 60_000);
afterEach(() => machine.stop());

describe('drain', () => {
  it('makes it leave if so asked: nothing is lost, and its process is told', async () => {
    const [drained] = await cachex.json('drain', 'c', '--leave');
    expect(drained).toMatchObject({ node: 'c', left: true });
    expect((await workers[0]!.status()).members.map(({ id }) => id)).toEqual(['a', 'b']);
    expect(await workers[0]!.values(keys)).toEqual(keys.map(() => ({ n: 1 })));
    const outcome = await workers[2]!.try('get', 'key-1');
    expect(outcome.code).toBe('CLOSED');
    expect(outcome.message).toContain('told it to');
  });

  it('refuses who is not there, and the last one', async () => {
    expect(await cachex.run(['drain', 'd'])).toMatchObject({ code: 1 });
    expect((await cachex.run(['weight', 'b', 'much'])).err).toContain("'much' is not a number");
    await cachex.run(['drain', 'b']);
    await cachex.run(['drain', 'c']);
    const last = await cachex.run(['drain', 'a']);
    expect(last.code).toBe(4);
    expect(last.err).toContain('no other node has a weight');
  });
});

it('forget takes out a node that hangs, and refuses one that does not', async () => {
  const refused = await cachex.run(['forget', 'b']);
  expect(refused.code).toBe(4);
  expect(refused.err).toContain('it can be reached');
  workers[1]!.suspend();
  expect(await cachex.run(['forget', 'b'])).toMatchObject({ code: 0, out: "'b' is forgotten\n" });
  await eventually('the others know', async () =>
    (await workers[0]!.status()).members.every(({ id }) => id !== 'b'),
  );
});

it('doctor names a node that does not answer, and says what to do', async () => {
  workers[1]!.suspend();
  const { code, out } = await cachex.run(['doctor', '--timeout', '1500ms']);
  expect(code).toBe(1);
  expect(out).toMatch(/PROBLEM {2}answers +no answer from b/);
  expect(out).toContain('cachex forget <node>');
});
