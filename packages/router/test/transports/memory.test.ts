import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { ManualClock, seeded, transportSuite } from '../../src/testing/index.ts';
import { ConnectError } from '../../src/transport.ts';
import { MemoryNetwork } from '../../src/transports/memory.ts';
import { RawEnd } from '../links.ts';

function place(delay: () => number): Parameters<typeof transportSuite>[2] {
  return async () => {
    const network = new MemoryNetwork({ clock: systemClock, delay });
    let count = 0;
    return {
      transport: network.transport('host'),
      address: () => `memory:${count++}`,
      close: async () => {},
    };
  };
}

transportSuite(
  { describe, it },
  'memory',
  place(() => 0),
);
const random = seeded(5);
transportSuite(
  { describe, it },
  'memory with delays that vary',
  place(() => random() * 4),
);

describe('a host that crashes', () => {
  async function crashed(): Promise<{ clock: ManualClock; network: MemoryNetwork; a: RawEnd; b: RawEnd }> {
    const clock = new ManualClock();
    const network = new MemoryNetwork({ clock, delay: () => 1 });
    let b: RawEnd | undefined;
    await network.transport('b').listen('memory:b', (connection) => {
      b = new RawEnd(connection);
    });
    const a = new RawEnd(await clock.run(network.transport('a').connect('memory:b')));
    return { clock, network, a, b: b! };
  }

  it('ends its connections for the others and hears nothing itself', async () => {
    const { clock, network, a, b } = await crashed();
    a.send(Buffer.of(0, 0, 0, 1, 6));
    network.crash('b');
    await clock.advance(10);
    expect([a.closed, b.closed]).toEqual([true, false]);
    expect(b.frames).toEqual([]);
  });

  it('hears nothing of an end that was on its way either', async () => {
    const { clock, network, a, b } = await crashed();
    a.close();
    network.crash('b');
    await clock.advance(10);
    expect(b.closed).toBe(false);
  });

  it('is proved dead where it listened, until somebody listens there again', async () => {
    const { clock, network } = await crashed();
    network.crash('b');
    const refused = clock.run(network.transport('a').connect('memory:b'));
    await expect(refused).rejects.toMatchObject({ name: ConnectError.name, dead: true });
    await network.transport('b').listen('memory:b', () => {});
    await expect(clock.run(network.transport('a').connect('memory:b'))).resolves.toBeDefined();
  });

  it('opens no connections any more, but its next life does', async () => {
    const { clock, network } = await crashed();
    await network.transport('a').listen('memory:a', () => {});
    const former = network.transport('b');
    const opened: string[] = [];
    void former.connect('memory:a').then(() => opened.push('under way'));
    network.crash('b');
    void former.connect('memory:a').then(() => opened.push('afterwards'));
    void network
      .transport('b')
      .connect('memory:a')
      .then(() => opened.push('next life'));
    await clock.advance(10);
    expect(opened).toEqual(['next life']);
  });
});
