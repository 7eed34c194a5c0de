import type { Connection, Transport } from '@cachex/router';
import { expect, it } from 'vitest';
import { aGate } from '../../gate.ts';
import { type AnyCache, keyOf, Simulation } from '../simulation.ts';

/** A transport, and the connections that were made over it. */
function noted(transport: Transport): Transport & { readonly connections: Connection[] } {
  const connections: Connection[] = [];
  const note = (connection: Connection): Connection => {
    connections.push(connection);
    return connection;
  };
  return {
    name: transport.name,
    connections,
    listen: (address, accept) => transport.listen(address, (connection) => accept(note(connection))),
    connect: async (address, options) => note(await transport.connect(address, options)),
  };
}

it('a transaction that has asked for its lock a second time, because a link broke, does not wait for itself', async () => {
  const simulation = new Simulation();
  const transport = noted(simulation.cluster.options('c').transport!);
  const nodes = [await simulation.join('a'), await simulation.join('b')];
  nodes.push(await simulation.join('c', { transport }));
  for (const node of nodes) await simulation.run(node.ready());
  const [, b, c] = nodes.map((node) => node.cache('numbers') as unknown as AnyCache);
  await simulation.advance(100);
  const key = keyOf(nodes[0]!, 'a');
  const [begun, gate] = [aGate(), aGate()];
  const first = b!.transaction([key], async (tx) => {
    begun.open();
    await gate.passed;
    return tx.incr(key);
  });
  await simulation.run(begun.passed);
  const second = c!.transaction([key], async (tx) => tx.incr(key), { timeout: '1m' });
  await simulation.advance(20);
  for (const connection of transport.connections.splice(0)) connection.close();
  await simulation.advance(500);
  gate.open();
  expect(await simulation.run(first)).toBe(1);
  const before = simulation.cluster.clock.now();
  expect(await simulation.run(second)).toBe(2);
  expect(simulation.cluster.clock.now() - before).toBeLessThan(1_000);
  await simulation.close();
});
