import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { ManualClock, seeded, transportSuite } from '../../src/testing/index.ts';
import { ConnectError, type Connection } from '../../src/transport.ts';
import { MemoryNetwork } from '../../src/transports/memory.ts';
import { framed, RawEnd } from '../links.ts';

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

interface Linked {
  readonly clock: ManualClock;
  readonly network: MemoryNetwork;
  readonly a: RawEnd;
  readonly b: RawEnd;
  /** All that `b` has accepted. */
  readonly accepted: RawEnd[];
}

/** A host `a` with a connection to `b`; what is sent takes one ms, or as told. */
async function linked(delay: () => number = () => 1): Promise<Linked> {
  const clock = new ManualClock();
  const network = new MemoryNetwork({ clock, delay });
  const accepted: RawEnd[] = [];
  await network.transport('b').listen('memory:b', (connection) => {
    accepted.push(new RawEnd(connection));
  });
  const a = new RawEnd(await clock.run(network.transport('a').connect('memory:b')));
  await clock.advance(0);
  return { clock, network, a, b: accepted[0]!, accepted };
}

function say(from: RawEnd, ...numbers: number[]): void {
  for (const number of numbers) from.send(framed(1, Buffer.of(number)));
}

function heard(by: RawEnd): number[] {
  return by.frames.map(({ body }) => body[0]!);
}

/** Follows a dial that may take forever. */
function dialled(network: MemoryNetwork, from: string, address: string, signal?: AbortSignal): Dial {
  const dial: Dial = { connection: undefined, error: undefined };
  network
    .transport(from)
    .connect(address, signal === undefined ? {} : { signal })
    .then(
      (connection) => {
        dial.connection = connection;
      },
      (error: ConnectError) => {
        dial.error = error;
      },
    );
  return dial;
}

interface Dial {
  connection: Connection | undefined;
  error: ConnectError | undefined;
}

describe('a host that crashes', () => {
  it('ends its connections for the others and hears nothing itself', async () => {
    const { clock, network, a, b } = await linked();
    a.send(Buffer.of(0, 0, 0, 1, 6));
    network.crash('b');
    await clock.advance(10);
    expect([a.closed, b.closed]).toEqual([true, false]);
    expect(b.frames).toEqual([]);
  });

  it('hears nothing of an end that was on its way either', async () => {
    const { clock, network, a, b } = await linked();
    a.close();
    network.crash('b');
    await clock.advance(10);
    expect(b.closed).toBe(false);
  });

  it('is proved dead where it listened, until somebody listens there again', async () => {
    const { clock, network } = await linked();
    network.crash('b');
    const refused = clock.run(network.transport('a').connect('memory:b'));
    await expect(refused).rejects.toMatchObject({ name: ConnectError.name, dead: true });
    const listener = await network.transport('b').listen('memory:b', () => {});
    await expect(clock.run(network.transport('a').connect('memory:b'))).resolves.toBeDefined();
    await listener.close();
    await expect(clock.run(network.transport('a').connect('memory:b'))).rejects.toMatchObject({
      dead: false,
    });
  });

  it('listens nowhere any more', async () => {
    const { clock, network } = await linked();
    const former = network.transport('b');
    network.crash('b');
    void former.listen('memory:later', () => {});
    await expect(clock.run(network.transport('a').connect('memory:later'))).rejects.toMatchObject({
      dead: false,
    });
  });

  it('opens no connections any more, but its next life does', async () => {
    const { clock, network } = await linked();
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

  it('is not waited for any more where it was stopped, and its next life goes on', async () => {
    const { clock, network, accepted } = await linked();
    network.pause('b');
    dialled(network, 'a', 'memory:b');
    await clock.advance(10);
    network.crash('b');
    network.resume('b');
    await clock.advance(10);
    expect(accepted).toHaveLength(1);
    await network.transport('b').listen('memory:b', () => {});
    await expect(clock.run(network.transport('a').connect('memory:b'))).resolves.toBeDefined();
  });
});

describe('two hosts that are cut off from each other', () => {
  it('have no proof of a death', async () => {
    const { clock, network } = await linked();
    network.cut('a', 'b');
    network.crash('b');
    const refused = clock.run(network.transport('a').connect('memory:b'));
    await expect(refused).rejects.toMatchObject({ name: ConnectError.name, dead: false });
    network.heal('a', 'b');
    await expect(clock.run(network.transport('a').connect('memory:b'))).rejects.toMatchObject({ dead: true });
  });
});

describe('a host that is stopped', () => {
  it('does not hear of a refusal until it goes on', async () => {
    const { clock, network } = await linked();
    network.crash('b');
    network.pause('a');
    const dial = dialled(network, 'a', 'memory:b');
    await clock.advance(10);
    expect(dial.error).toBeUndefined();
    network.resume('a');
    await clock.advance(0);
    expect(dial.error).toMatchObject({ dead: true });
  });
});

describe('a way that is blocked', () => {
  it('lets nothing through until it is open again, and then all of it, in order and in the usual time', async () => {
    const { clock, network, a, b } = await linked();
    say(a, 1);
    network.block('a', 'b');
    say(a, 2, 3);
    await clock.advance(100);
    say(a, 4);
    network.unblock('a', 'b');
    say(a, 5);
    await clock.advance(0.9);
    expect([a.closed, b.closed, heard(b)]).toEqual([false, false, []]);
    await clock.advance(0.1);
    expect(heard(b)).toEqual([1, 2, 3, 4, 5]);
  });

  it('is open the other way round', async () => {
    const { clock, network, a, b } = await linked();
    network.block('a', 'b');
    say(b, 1);
    await clock.advance(1);
    expect(heard(a)).toEqual([1]);
  });

  it('holds back again what has not arrived when it is blocked once more', async () => {
    const { clock, network, a, b } = await linked();
    network.block('a', 'b');
    say(a, 1, 2);
    await clock.advance(10);
    network.unblock('a', 'b');
    await clock.advance(0.5);
    network.block('a', 'b');
    say(a, 3);
    await clock.advance(10);
    expect(heard(b)).toEqual([]);
    network.unblock('a', 'b');
    await clock.advance(1);
    expect(heard(b)).toEqual([1, 2, 3]);
  });

  it('holds back an end, after what was sent before it', async () => {
    const { clock, network, a, b } = await linked();
    network.block('a', 'b');
    say(a, 1);
    a.close();
    await clock.advance(10);
    say(b, 2);
    await clock.advance(10);
    expect([a.closed, heard(a), b.closed, heard(b)]).toEqual([true, [], false, []]);
    network.unblock('a', 'b');
    await clock.advance(1);
    expect([b.closed, heard(b)]).toEqual([true, [1]]);
  });

  it('drops what it held for an end that was closed meanwhile', async () => {
    const { clock, network, a, b } = await linked();
    network.block('a', 'b');
    say(a, 1);
    b.close();
    await clock.advance(10);
    expect(a.closed).toBe(true);
    network.unblock('a', 'b');
    await clock.advance(10);
    expect(heard(b)).toEqual([]);
  });

  it('drops what it held for a connection that was broken meanwhile', async () => {
    const { clock, network, a, b } = await linked();
    network.block('a', 'b');
    say(a, 1);
    await clock.advance(10);
    network.cut('a', 'b');
    await clock.advance(10);
    expect([a.closed, b.closed]).toEqual([true, true]);
    network.heal('a', 'b');
    network.unblock('a', 'b');
    await clock.advance(10);
    expect(heard(b)).toEqual([]);
  });

  it('hides a crash, until what had been sent before it arrives', async () => {
    const { clock, network, a, b } = await linked();
    network.block('b', 'a');
    say(b, 1);
    network.crash('b');
    await clock.advance(10);
    expect([a.closed, heard(a)]).toEqual([false, []]);
    network.unblock('b', 'a');
    await clock.advance(1);
    expect([a.closed, heard(a)]).toEqual([true, [1]]);
  });

  it('breaks, when it is reset, the connections that had something held back, and only those', async () => {
    const { clock, network, a, b, accepted } = await linked();
    const quiet = new RawEnd(await clock.run(network.transport('a').connect('memory:b')));
    network.block('a', 'b');
    say(a, 1);
    await clock.advance(10);
    const dial = dialled(network, 'a', 'memory:b');
    await clock.advance(10);
    network.unblock('a', 'b', { reset: true });
    say(a, 2);
    say(b, 3);
    say(quiet, 4);
    await clock.advance(10);
    expect([a.closed, b.closed, heard(a), heard(b)]).toEqual([true, true, [], []]);
    expect([quiet.closed, heard(accepted[1]!)]).toEqual([false, [4]]);
    expect(dial.connection).toBeDefined();
  });

  for (const [from, to] of [
    ['a', 'b'],
    ['b', 'a'],
  ] as const) {
    describe(`from ${from} to ${to}`, () => {
      it('lets a dial hang until it is open again', async () => {
        const { clock, network, accepted } = await linked();
        network.block(from, to);
        const dial = dialled(network, 'a', 'memory:b');
        await clock.advance(1_000);
        expect([accepted.length, dial]).toEqual([1, { connection: undefined, error: undefined }]);
        network.unblock(from, to);
        await clock.advance(0.9);
        expect([accepted.length, dial.connection]).toEqual([1, undefined]);
        await clock.advance(0.1);
        expect(accepted).toHaveLength(2);
        say(new RawEnd(dial.connection!), 1);
        await clock.advance(1);
        expect(heard(accepted[1]!)).toEqual([1]);
      });

      it('makes no connection for a host that has given up', async () => {
        const { clock, network, accepted } = await linked();
        network.block(from, to);
        const abort = new AbortController();
        const dial = dialled(network, 'a', 'memory:b', abort.signal);
        await clock.advance(10);
        abort.abort();
        await clock.advance(0);
        expect(dial.error).toMatchObject({ name: ConnectError.name, dead: false });
        network.unblock(from, to);
        await clock.advance(10);
        expect(accepted).toHaveLength(1);
      });

      it('proves no death until it is open again', async () => {
        const { clock, network } = await linked();
        network.block(from, to);
        network.crash('b');
        const dial = dialled(network, 'a', 'memory:b');
        await clock.advance(1_000);
        expect(dial.error).toBeUndefined();
        network.unblock(from, to);
        await clock.advance(1);
        expect(dial.error).toMatchObject({ name: ConnectError.name, dead: true });
      });

      it('ends for the listener what its dialler closes at once', async () => {
        const { clock, network, accepted } = await linked();
        network.block(from, to);
        const late = network.transport('a').connect('memory:b');
        void late.then((connection) => connection.close());
        await clock.advance(10);
        network.unblock(from, to);
        await clock.advance(10);
        expect(accepted[1]!.closed).toBe(true);
      });

      it('comes to nothing for a dialler that has crashed meanwhile', async () => {
        const { clock, network, accepted } = await linked();
        network.block(from, to);
        dialled(network, 'a', 'memory:b');
        await clock.advance(10);
        network.crash('a');
        network.unblock(from, to);
        await clock.advance(10);
        expect(accepted).toHaveLength(1);
      });
    });
  }

  it('loses and mixes up nothing, however often hosts stop and ways are blocked', async () => {
    const act = fc.constantFrom<(of: Linked) => void>(
      ({ network }) => network.block('a', 'b'),
      ({ network }) => network.unblock('a', 'b'),
      ({ network }) => network.block('b', 'a'),
      ({ network }) => network.unblock('b', 'a'),
      ({ network }) => network.pause('b'),
      ({ network }) => network.resume('b'),
    );
    const steps = fc.array(fc.tuple(act, fc.nat({ max: 4 })), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(fc.integer(), steps, async (seed, chosen) => {
        const random = seeded(seed);
        const place = await linked(() => random() * 4);
        const { clock, network, a, b } = place;
        for (const [index, [step, ms]] of chosen.entries()) {
          step(place);
          say(a, index);
          say(b, index);
          await clock.advance(ms);
        }
        a.close();
        for (const [from, to] of [
          ['a', 'b'],
          ['b', 'a'],
        ] as const)
          network.unblock(from, to);
        network.resume('b');
        await clock.advance(10);
        const all = chosen.map((_, index) => index);
        expect([heard(b), b.closed]).toEqual([all, true]);
        expect(heard(a)).toEqual(all.slice(0, a.frames.length));
      }),
    );
  });
});
