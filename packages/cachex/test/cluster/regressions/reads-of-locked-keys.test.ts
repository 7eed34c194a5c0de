import { expect, it } from 'vitest';
import { aGate } from '../../gate.ts';
import { type AnyCache, keyOf, Simulation } from '../simulation.ts';

it('a read that has waited for what was staged does not wait for the transaction that comes next', async () => {
  const simulation = new Simulation();
  const nodes = await simulation.joinAll('a', 'b', 'c');
  const caches = nodes.map((node) => node.cache('numbers') as unknown as AnyCache);
  await simulation.advance(100);
  const keys = ['a', 'b'].map((id) => keyOf(nodes[0]!, id));
  const [begun, gate, end] = [aGate(), aGate(), aGate()];
  const first = caches[2]!.transaction(keys, async (tx) => {
    begun.open();
    await gate.passed;
    for (const key of keys) await tx.put(key, 1);
  });
  await simulation.run(begun.passed);
  const others = keys.map((key) => caches[2]!.transaction([key], () => end.passed, { timeout: '1m' }));
  await simulation.advance(20);
  gate.open();
  // Somebody reads all the while.
  let over = false;
  const reads: unknown[] = [];
  const reading = keys.map(async (key) => {
    while (!over) reads.push(await caches[2]!.get(key, { timeout: 1_000 }).catch(({ code }) => code));
  });
  await simulation.run(first);
  await simulation.advance(2_000);
  over = true;
  end.open();
  await simulation.run(Promise.all([...reading, ...others]));
  expect(new Set(reads)).toEqual(new Set([undefined, 1]));
  await simulation.close();
});
