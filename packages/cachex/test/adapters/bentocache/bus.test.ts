import { BentoCache, bentostore } from 'bentocache';
import { memoryDriver } from 'bentocache/drivers/memory';
import type { BusDriver } from 'bentocache/types';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type CachexBusOptions, cachexBus } from '../../../src/bentocache.ts';
import { type ClusterNode, join } from '../../../src/cluster/index.ts';
import { Machine, type Worker } from '../../cluster/fixtures/machine.ts';
import { describeHost } from '../compatibility.ts';

const host = 'bentocache';
const suite = 'our own tests';

describeHost({ host, suite, setUp: 'three processes' }, () => {
  let machine: Machine;
  let workers: Worker[];
  beforeAll(async () => {
    machine = await Machine.start();
    workers = [];
    const program = '../../adapters/bentocache/node.mjs';
    for (const id of ['a', 'b', 'c']) workers.push(await machine.worker(id, { program }));
  });
  afterAll(() => machine.stop());

  /** Has all processes read it, after which each has it in its first level. */
  const readEverywhere = (store: string, key: string): Promise<unknown[]> =>
    Promise.all(workers.map((worker) => worker.do('get', store, { key })));

  it('the first level of all processes lets go of what one of them sets', async () => {
    await workers[0]!.do('set', 'told', { key: 'ada', value: 'one' });
    expect(await readEverywhere('told', 'ada')).toEqual(['one', 'one', 'one']);
    await workers[1]!.do('set', 'told', { key: 'ada', value: 'two' });
    expect(await readEverywhere('told', 'ada')).toEqual(['two', 'two', 'two']);
  });

  it('without a bus it would not', async () => {
    await workers[0]!.do('set', 'untold', { key: 'ada', value: 'one' });
    await readEverywhere('untold', 'ada');
    await workers[1]!.do('set', 'untold', { key: 'ada', value: 'two' });
    expect(await readEverywhere('untold', 'ada')).toEqual(['one', 'two', 'one']);
  });

  it.each([
    ['deletes', 'delete', { key: 'bob' }],
    ['deletes with others', 'deleteMany', { keys: ['bob', 'eve'] }],
    ['expires', 'expire', { key: 'bob' }],
    ['clears', 'clear', {}],
    ['deletes by its tag', 'deleteByTag', { tags: ['people'] }],
  ])('nor does anybody keep what one of them %s', async (_what, method, options) => {
    await workers[0]!.do('set', 'told', { key: 'bob', value: 'one', tags: ['people'] });
    expect(await readEverywhere('told', 'bob')).toEqual(['one', 'one', 'one']);
    await workers[2]!.do(method, 'told', options);
    expect(await readEverywhere('told', 'bob')).toEqual([undefined, undefined, undefined]);
  });

  it('a process that was killed is not waited for', async () => {
    await workers[0]!.do('set', 'told', { key: 'ada', value: 'one' });
    await readEverywhere('told', 'ada');
    await workers.pop()!.kill();
    await workers[1]!.do('set', 'told', { key: 'ada', value: 'two' });
    expect(await readEverywhere('told', 'ada')).toEqual(['two', 'two']);
  });
});

describeHost({ host, suite, setUp: 'local' }, () => {
  let machine: Machine;
  let node: ClusterNode;
  beforeAll(async () => {
    machine = await Machine.start();
    node = await join({ cluster: 'bento', directory: machine.directory });
  });
  afterAll(async () => {
    await node.close();
    await machine.stop();
  });

  const aBus = (id: string): BusDriver => cachexBus({ node }).factory({}).setId(id) as BusDriver;

  it('two of one process tell each other, and not themselves', async () => {
    const [one, two] = [aBus('one'), aBus('two')];
    const heard: unknown[] = [];
    await one.subscribe('news', () => void heard.push('one'));
    await two.subscribe('news', (payload) => void heard.push(payload));
    await two.subscribe('other', () => void heard.push('other'));
    await one.publish('news', { keys: ['ada'] });
    expect(heard).toEqual([{ keys: ['ada'] }]);
    await two.unsubscribe('news');
    await one.publish('news', { keys: ['ada'] });
    await two.disconnect();
    await one.publish('other', 1);
    expect(heard).toHaveLength(1);
    await one.disconnect();
  });

  it('two stores of one process share a node', async () => {
    const store = (): ReturnType<typeof bentostore> =>
      bentostore().useL1Layer(memoryDriver()).useBus(cachexBus({ node }));
    const create = (): BentoCache<Record<'default', ReturnType<typeof bentostore>>> =>
      new BentoCache({ default: 'default', stores: { default: store() } });
    const [one, two] = [create(), create()];
    await two.set({ key: 'ada', value: 'two' });
    await one.set({ key: 'ada', value: 'one' });
    expect(await two.get({ key: 'ada' })).toBeUndefined();
    await Promise.all([one.disconnectAll(), two.disconnectAll()]);
  });

  it.each([
    ['timeout', { timeout: -1 }],
    ['timeouts', { timeouts: 1 }],
  ])('refuses bad options, naming %s', (named, options) => {
    const given = { node, ...options } as CachexBusOptions;
    expect(() => cachexBus(given)).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', message: expect.stringContaining(named) }),
    );
  });
});
