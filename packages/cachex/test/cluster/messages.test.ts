import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ClusterNode } from '../../src/cluster/index.ts';
import { aGate } from '../gate.ts';
import { Simulation } from './simulation.ts';

let simulation: Simulation;
beforeEach(() => {
  simulation = new Simulation();
});
afterEach(() => simulation.close());

/** What each node hears of a channel: the message, and who says it. */
function hearing(nodes: readonly ClusterNode[], channel = 'news'): [string, unknown, string][] {
  const heard: [string, unknown, string][] = [];
  for (const { id, messages } of nodes)
    messages.subscribe(channel, (message, from) => heard.push([id, message, from]));
  return heard;
}

describe('messages', () => {
  it('reach every node, that which publishes and those that own nothing included', async () => {
    const nodes = await simulation.joinAll('a', 'b');
    nodes.push(await simulation.join('idle', { weight: 0 }));
    const heard = hearing(nodes);
    await simulation.run(nodes[1]!.messages.publish('news', { date: new Date(5) }));
    const message = { date: new Date(5) };
    expect(heard.sort()).toEqual([
      ['a', message, 'b'],
      ['b', message, 'b'],
      ['idle', message, 'b'],
    ]);
  });

  it('reach those who listen to their channel, until they stop', async () => {
    const [a, b] = await simulation.joinAll('a', 'b');
    const heard: unknown[] = [];
    const listener = (message: unknown): void => void heard.push(message);
    const [first, second] = [
      b!.messages.subscribe('news', listener),
      b!.messages.subscribe('news', listener),
    ];
    await simulation.run(a!.messages.publish('other', 1));
    await simulation.run(a!.messages.publish('news', 2));
    expect(heard).toEqual([2, 2]);
    first();
    first();
    await simulation.run(a!.messages.publish('news', 3));
    second();
    await simulation.run(a!.messages.publish('news', 4));
    expect(heard).toEqual([2, 2, 3]);
  });

  it('are copies, one for each who listens', async () => {
    const [a] = await simulation.joinAll('a');
    const heard: { list: number[] }[] = [];
    for (let n = 0; n < 2; n += 1)
      a!.messages.subscribe('news', (message) => heard.push(message as { list: number[] }));
    const message = { list: [1] };
    await simulation.run(a!.messages.publish('news', message));
    heard[0]!.list.push(2);
    expect(heard[1]).toEqual({ list: [1] });
    expect(message).toEqual({ list: [1] });
  });

  it('are published once all who listen are done', async () => {
    const [a, b] = await simulation.joinAll('a', 'b');
    const gate = aGate();
    b!.messages.subscribe('news', () => gate.passed);
    let published = false;
    const publishing = a!.messages.publish('news', 1).then(() => {
      published = true;
    });
    await simulation.advance(100);
    expect(published).toBe(false);
    gate.open();
    await simulation.run(publishing);
  });

  it('pass on what a listener throws, once all have been told', async () => {
    const nodes = await simulation.joinAll('a', 'b', 'c');
    nodes[1]!.messages.subscribe('news', () => {
      throw new Error('I would rather not know');
    });
    const heard = hearing(nodes);
    await expect(simulation.run(nodes[0]!.messages.publish('news', 1))).rejects.toThrow('rather not know');
    await simulation.advance(100);
    expect(heard).toHaveLength(3);
  });

  it('name the nodes that could not be told in time', async () => {
    const nodes = await simulation.joinAll('a', 'b', 'c');
    const heard = hearing(nodes);
    simulation.silence('c');
    await expect(
      simulation.run(nodes[0]!.messages.publish('news', 1, { timeout: '1s' })),
    ).rejects.toMatchObject({
      code: 'PARTIAL_RESULT',
      missing: ['c'],
      answered: 1,
      message: 'publish: no answer from c',
    });
    expect(heard.map(([id]) => id)).toEqual(expect.arrayContaining(['a', 'b']));
  });

  it.each(['a', 'b'])(
    'do not wait longer than they may for a listener at %s that never is done',
    async (id) => {
      const nodes = await simulation.joinAll('a', 'b');
      const slow = nodes.find((node) => node.id === id)!;
      slow.messages.subscribe('news', () => new Promise(() => {}));
      const published = nodes[0]!.messages.publish('news', 1, { timeout: 500 });
      const began = simulation.cluster.clock.now();
      await expect(simulation.run(published)).rejects.toMatchObject({
        code: 'PARTIAL_RESULT',
        missing: [id],
      });
      expect(simulation.cluster.clock.now() - began).toBeLessThan(1_000);
    },
  );

  it('do not wait for a node that dies meanwhile', async () => {
    const nodes = await simulation.joinAll('a', 'b', 'c');
    const publishing = nodes[0]!.messages.publish('news', 1);
    simulation.crash('c');
    await simulation.run(publishing);
  });

  it('reach a node that joins while they are on their way', async () => {
    const nodes = await simulation.joinAll('a', 'b');
    const gate = aGate();
    nodes[1]!.messages.subscribe('news', () => gate.passed);
    const publishing = nodes[0]!.messages.publish('news', 1, { timeout: '1m' });
    const late = await simulation.join('late');
    const heard = hearing([late]);
    gate.open();
    await simulation.run(publishing);
    expect(heard).toEqual([['late', 1, 'a']]);
  });

  it('are refused before anything is sent', async () => {
    const nodes = await simulation.joinAll('a', 'b');
    const heard = hearing(nodes);
    const publish = (message: unknown, options = {}): Promise<void> =>
      simulation.run(nodes[0]!.messages.publish('news', message, options));
    await expect(publish(() => {})).rejects.toMatchObject({ code: 'NOT_SERIALIZABLE' });
    await expect(publish('x'.repeat(2 ** 26))).rejects.toMatchObject({ code: 'TOO_LARGE' });
    await expect(publish(1, { timeout: -1 })).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    await expect(publish(1, { timeOut: 1 })).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    expect(heard).toEqual([]);
  });

  it('are refused while too many are under way', async () => {
    const [a, b] = await simulation.joinAll('a', 'b');
    const gate = aGate();
    b!.messages.subscribe('news', () => gate.passed);
    const publish = (): Promise<void> => a!.messages.publish('news', 1, { timeout: '1m' });
    const publishing = Array.from({ length: 1_000 }, publish);
    await expect(publish()).rejects.toMatchObject({ code: 'OVERLOADED' });
    gate.open();
    await simulation.run(Promise.all(publishing));
    await simulation.run(publish());
  });
});
