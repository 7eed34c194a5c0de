import { beforeEach, describe, expect, it } from 'vitest';
import type { AcceptorOptions } from '../src/acceptor.ts';
import { Acceptors } from '../src/acceptors.ts';
import { ByteWriter } from '../src/bytes.ts';
import { FrameType, type Reply } from '../src/frame.ts';
import { pingFrame } from '../src/heartbeat.ts';
import { defaultLimits } from '../src/limits.ts';
import { ManualClock } from '../src/testing/index.ts';
import { MemoryNetwork } from '../src/transports/memory.ts';
import { codec, framed, helloFrame, RawEnd, request, writeCall } from './links.ts';

const to = { id: 'b', incarnation: 'b1' };

let clock: ManualClock;
let network: MemoryNetwork;
let acceptors: Acceptors;
/** Ids of the calls that were executed, and how those that wait are ended. */
let served: number[];
let ends: ((reply: Reply) => void)[];
beforeEach(async () => {
  clock = new ManualClock();
  network = new MemoryNetwork({ clock, delay: () => 1 });
  served = [];
  ends = [];
  const options: AcceptorOptions = {
    clock,
    limits: defaultLimits,
    codec,
    failureAfter: 3_000,
    self: () => ({ ...to, cluster: 'test', birth: 'birth' }),
    epoch: () => 1,
    heardEpoch: () => {},
    grants: () => false,
    hears: () => false,
    serve: ({ id }) => {
      served.push(id);
      return new Promise((resolve) => void ends.push(resolve));
    },
    confirm: () => true,
    withdrawn: (_request, reply) => reply,
    log: () => {},
  };
  acceptors = new Acceptors(options);
  await network.transport('b').listen('memory:b', (connection) => acceptors.accept(connection));
});

async function dialled(id: string, incarnation: string, lasting = true): Promise<RawEnd> {
  const end = new RawEnd(await clock.run(network.transport(id).connect('memory:b')));
  end.send(helloFrame({ to, id, incarnation, lasting }));
  await clock.advance(5);
  return end;
}

function call(id: number): Buffer {
  const writer = new ByteWriter();
  writeCall(writer, request(id));
  return framed(FrameType.calls, writer.finish());
}

describe('a second link of a caller', () => {
  it('ends the first, and what was still on its way over that is not executed', async () => {
    const first = await dialled('a', 'a1');
    const second = new RawEnd(await clock.run(network.transport('a').connect('memory:b')));
    second.send(helloFrame({ to }));
    first.send(call(1));
    second.send(call(2));
    await clock.advance(0.5);
    first.send(call(3));
    await clock.advance(10);
    // The call before the hello was in time.
    expect(served.filter((id) => id !== 1)).toEqual([2]);
    expect([first.closed, second.closed]).toEqual([true, false]);
  });

  it('ends no link of another node, nor of another life of the same', async () => {
    const links = [await dialled('a', 'a1'), await dialled('c', 'c1'), await dialled('a', 'a2')];
    await clock.advance(10);
    expect(links.map(({ closed }) => closed)).toEqual([false, false, false]);
    await dialled('a', 'a2');
    await clock.advance(10);
    expect(links.map(({ closed }) => closed)).toEqual([false, false, true]);
  });

  it('ends none before it has said who it is', async () => {
    const first = await dialled('a', 'a1');
    const stranger = new RawEnd(await clock.run(network.transport('a').connect('memory:b')));
    await clock.advance(100);
    expect([first.closed, stranger.closed]).toEqual([false, false]);
  });

  it('ends none if it only serves to ask something, nor is it ended by any', async () => {
    const link = await dialled('a', 'a1');
    const questions = [await dialled('a', 'a1', false), await dialled('a', 'a1', false)];
    await clock.advance(10);
    expect([link, ...questions].map(({ closed }) => closed)).toEqual([false, false, false]);
    const next = await dialled('a', 'a1');
    await clock.advance(10);
    expect([link, ...questions, next].map(({ closed }) => closed)).toEqual([true, false, false, false]);
    for (const [n, end] of [...questions, next].entries()) end.send(call(n));
    await clock.advance(10);
    expect(served.sort()).toEqual([0, 1, 2]);
  });
});

describe('a link over which nothing comes', () => {
  it('is closed, so that what was sent over it long ago is not executed any more', async () => {
    const silent = await dialled('a', 'a1');
    const well = await dialled('c', 'c1');
    network.block('a', 'b');
    silent.send(call(1));
    for (let passed = 0; passed < 4_000; passed += 500) {
      await clock.advance(500);
      well.send(pingFrame(1));
    }
    network.unblock('a', 'b');
    await clock.advance(100);
    expect(served).toEqual([]);
    expect([silent.closed, well.closed]).toEqual([true, false]);
  });
});

describe('all links', () => {
  it('are waited for until the last has ended, or in time', async () => {
    const links = [await dialled('a', 'a1'), await dialled('c', 'c1')];
    const began = clock.now();
    await clock.run(acceptors.ended(50));
    expect(clock.now() - began).toBe(50);
    let ended = false;
    const all = acceptors.ended(10_000).then(() => {
      ended = true;
    });
    links[0]!.close();
    await clock.advance(10);
    expect(ended).toBe(false);
    links[1]!.close();
    await clock.run(all);
    await clock.run(acceptors.ended(10_000));
    expect(clock.now() - began).toBeLessThan(100);
  });
});
