import { afterAll, beforeAll } from 'vitest';
import { type ClusterCache, type ClusterNode, join } from '../../src/cluster/index.ts';
import { type Cache, createCache } from '../../src/index.ts';
import { Machine } from '../cluster/fixtures/machine.ts';

/** A place where the entries of an adapter can be, for the tests of one `describe`. */
export interface Place {
  /** As docs/compatibility.md names it. */
  readonly name: 'local' | 'three processes';
  /** Opens a cache there before the tests, and closes it after them; it is what is answered, called, once they run. */
  open(): () => Cache<string, unknown> | ClusterCache<string, unknown>;
}

const local: Place = {
  name: 'local',
  open() {
    const cache = createCache<string, unknown>();
    afterAll(() => cache.close());
    return () => cache;
  },
};

const cluster: Place = {
  name: 'three processes',
  open() {
    let machine: Machine;
    let node: ClusterNode;
    beforeAll(async () => {
      machine = await Machine.start();
      const workers = [await machine.worker('a'), await machine.worker('b')];
      const { directory } = machine;
      node = await join({ cluster: 'processes', directory, id: 'tests', settle: '10ms' });
      node.cache('users');
      await Promise.all(workers.map((worker) => worker.do('ready', 3)));
    });
    afterAll(async () => {
      await node.close();
      await machine.stop();
    });
    return () => node.cache<string, unknown>('users');
  },
};

/** A cache of this process, and one of a cluster of three real processes, one of which runs the tests. */
export const places: readonly Place[] = [local, cluster];
