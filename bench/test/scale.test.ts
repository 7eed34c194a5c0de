import type { Connection, Transport } from '@cachex/router';
import { TestCluster } from '@cachex/router/testing';
import { describe, expect, it } from 'vitest';
import { agedView, aMember, groupsOf, router, settled } from '../src/scale/aged-view.ts';
import { heartbeatsOf } from '../src/scale/heartbeats.ts';
import { measureLinks } from '../src/scale/links.ts';
import { completeMoves, decodeView, encodeView, groupSizeOf, join, planMoves } from '../src/scale/parts.ts';
import { ofHeartbeats, ofView, withBackups } from '../src/suites/scale.ts';

describe('the view of a cluster that has been in use', () => {
  const view = agedView(20, 1024);

  it('has its members, its partitions, and nothing left to move', () => {
    expect(view.members).toHaveLength(20);
    expect(view.owners).toHaveLength(1024);
    expect(planMoves(view, router)).toEqual([]);
    expect(decodeView(encodeView(view))).toEqual(view);
  });

  it('has been given its owners and terms as groups of moves are published, one view for each', () => {
    const joined = join(view, [aMember(20), aMember(21)], router);
    const groups = groupsOf(planMoves(joined, router), 1024);
    expect(groups.flat()).toHaveLength(planMoves(joined, router).length);
    for (const group of groups) {
      expect(group.length).toBeLessThanOrEqual(groupSizeOf(1024));
      expect(new Set(group.map(({ from, to }) => `${from} ${to}`)).size).toBe(1);
    }
    expect(settled(joined)).toEqual(groups.reduce(completeMoves, joined));
  });

  it('has a copy of each partition at another member, if it is to have backups', () => {
    const { owners, backups } = withBackups(view);
    for (const [partition, copies] of backups.entries()) {
      expect(copies).toHaveLength(1);
      expect(copies).not.toContain(owners[partition]);
    }
  });
});

describe('signs of life', () => {
  it('are as many, and as long, as a real node sends', async () => {
    const cluster = new TestCluster();
    const sent = { messages: 0, bytes: 0 };
    const count = (bytes: Uint8Array): void => {
      sent.messages += 1;
      sent.bytes += bytes.length;
    };
    const transport = counting(cluster.network.transport('a'), count);
    const node = await cluster.join('a', { transport });
    for (const host of ['b', 'c', 'd']) await cluster.join(host);
    await cluster.clock.advance(10_000);
    Object.assign(sent, { messages: 0, bytes: 0 });
    await cluster.clock.advance(10_000);
    const { messages, bytes } = heartbeatsOf(node.view);
    expect(sent).toEqual({ messages: 10 * messages, bytes: 10 * bytes });
    await cluster.close();
  });
});

/** A transport that tells of all that is sent over it. */
function counting(transport: Transport, count: (bytes: Uint8Array) => void): Transport {
  const counted = (connection: Connection): Connection => ({
    get pending() {
      return connection.pending;
    },
    send(bytes) {
      count(bytes);
      connection.send(bytes);
    },
    handle: (handlers) => connection.handle(handlers),
    keepAlive: (active) => connection.keepAlive(active),
    close: () => connection.close(),
  });
  return {
    name: transport.name,
    listen: (address, accept) => transport.listen(address, (connection) => accept(counted(connection))),
    connect: async (address, options) => counted(await transport.connect(address, options)),
  };
}

describe('the lines of the suite', () => {
  it('tell of one view, and of the signs of life among its members', () => {
    const view = agedView(12, 256);
    const lines = [...ofView(view, 1), ...ofHeartbeats(view)];
    for (const { suite, case: name, ours, peer, ratio } of lines) {
      expect([suite, name]).toEqual(['scale', expect.stringContaining('12 nodes')]);
      for (const figure of [ours, peer, ratio]) expect(figure).toBeGreaterThan(0);
    }
    const moved = lines.find(({ case: name }) => name.startsWith('partitions moved'))!;
    expect(moved).toMatchObject({ ours: Math.floor(256 / 13), ratio: 1 });
  });

  it('measure links only where the garbage collector can be called', async () => {
    await expect(measureLinks('bare sockets', 1)).rejects.toThrow('--expose-gc');
  });
});
