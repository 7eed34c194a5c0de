import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { ByteWriter } from '../src/bytes.ts';
import { FrameType, jsonFrame, type Reply, readRequests, writeReply } from '../src/frame.ts';
import { hintingProtocol, protocols } from '../src/handshake.ts';
import { pongFrame, readPing } from '../src/heartbeat.ts';
import type { LinkError } from '../src/in-flight.ts';
import { defaultLimits } from '../src/limits.ts';
import { noticesFrame } from '../src/notices.ts';
import { Peer, type PeerOptions } from '../src/peer.ts';
import { Secret } from '../src/secret.ts';
import { ManualClock } from '../src/testing/index.ts';
import type { Listener } from '../src/transport.ts';
import { MemoryNetwork } from '../src/transports/memory.ts';
import { codec, framed, noise, RawEnd, request, strays } from './links.ts';

let clock: ManualClock;
let network: MemoryNetwork;
let ends: RawEnd[];
let listener: Listener;
let logged: string[];
let heard: number[];
/** When it was asked for, and the epochs of both ends. */
let grants: [askedAt: number, asked: number, epoch: number, hears: boolean][];
let deaths: number;
let noticed: [service: string, hashes: readonly number[]][];
/** How many links have ended that stood. */
let partings: number;
beforeEach(async () => {
  clock = new ManualClock();
  network = new MemoryNetwork({ clock, delay: () => 1 });
  ends = [];
  logged = [];
  heard = [];
  grants = [];
  deaths = 0;
  noticed = [];
  partings = 0;
  await listen();
});

async function listen(): Promise<void> {
  listener = await network
    .transport('b')
    .listen('memory:b', (connection) => ends.push(new RawEnd(connection)));
}

function dial(more: Partial<PeerOptions> = {}): Peer {
  return new Peer({
    self: { id: 'a', incarnation: 'a1' },
    to: { id: 'b', incarnation: 'b1', address: 'memory:b' },
    cluster: 'test',
    birth: 'birth',
    lasting: true,
    transport: network.transport('a'),
    clock,
    codec,
    limits: defaultLimits,
    failureAfter: 3_000,
    lacks: () => false,
    epoch: () => 4,
    heardEpoch: (from, epoch) => {
      expect(from).toMatchObject({ id: 'b', incarnation: 'b1' });
      heard.push(epoch);
    },
    granted: (from, ...grant) => {
      expect(from).toMatchObject({ id: 'b', incarnation: 'b1' });
      grants.push(grant);
    },
    noticed: (from, service, hashes) => {
      expect(from).toMatchObject({ id: 'b', incarnation: 'b1' });
      noticed.push([service, hashes]);
    },
    parted: () => {
      partings += 1;
    },
    died: () => {
      deaths += 1;
    },
    log: (message) => logged.push(message),
    ...more,
  });
}

const pong = (epoch: number, grants: boolean, hears = false): Buffer => pongFrame({ epoch, grants, hears });

const { oldest, newest } = protocols;
const welcome = jsonFrame(FrameType.welcome, { id: 'b', incarnation: 'b1', epoch: 7, protocol: newest });

/** The newest connection, as the acceptor sees it. */
function end(): RawEnd {
  return ends.at(-1)!;
}

async function up(more: Partial<PeerOptions> = {}): Promise<Peer> {
  const peer = dial(more);
  await clock.advance(5);
  end().send(welcome);
  await clock.advance(2);
  expect(peer.up).toBe(true);
  end().take();
  return peer;
}

function replies(...list: [id: number, value: unknown][]): Buffer {
  const writer = new ByteWriter();
  for (const [id, value] of list) writeReply(writer, id, { kind: 'result', value }, codec);
  return framed(FrameType.replies, writer.finish());
}

function asked(): number[] {
  const calls = end()
    .take()
    .filter(({ type }) => type === FrameType.calls);
  return calls.flatMap(({ body }) => readRequests(body, codec).map(({ id }) => id));
}

/** What became of a call, without waiting for it. */
interface Fate {
  reply?: Reply;
  error?: LinkError;
  settled: number;
}

function answerTo({ reply }: Fate): unknown {
  return reply?.kind === 'result' ? reply.value : reply;
}

function follow(call: Promise<Reply>): Fate {
  const fate: Fate = { settled: 0 };
  call.then(
    (reply) => {
      fate.settled += 1;
      fate.reply = reply;
    },
    (error: LinkError) => {
      fate.settled += 1;
      fate.error = error;
    },
  );
  return fate;
}

describe('the handshake of a peer', () => {
  it('says who it is, whom it wants and whether it gives up an earlier link for this one', async () => {
    for (const lasting of [true, false]) {
      dial({ lasting });
      await clock.advance(5);
      expect(end().json()).toEqual({
        protocol: oldest,
        speaks: [oldest, newest],
        cluster: 'test',
        birth: 'birth',
        id: 'a',
        incarnation: 'a1',
        lasting,
        to: { id: 'b', incarnation: 'b1' },
      });
    }
  });

  it('lets calls wait until it is done, with the time that is left by then', async () => {
    const peer = dial();
    const fates = [1, 2].map((id) => follow(peer.call(request(id, { budget: 500 }))));
    await clock.advance(100);
    expect(end().take()).toHaveLength(1);
    end().send(welcome);
    await clock.advance(2);
    const frames = end().take();
    const sent = frames
      .filter(({ type }) => type === FrameType.calls)
      .flatMap(({ body }) => readRequests(body, codec));
    // Before anything else it asks for a lease.
    expect(frames[0]!.type).toBe(FrameType.ping);
    expect(sent.map(({ id, budget }) => [id, budget])).toEqual([
      [1, 399],
      [2, 399],
    ]);
    end().send(replies([2, 'two'], [1, 'one']));
    await clock.advance(2);
    expect(fates.map(answerTo)).toEqual(['one', 'two']);
    expect(heard).toEqual([7]);
  });

  it('has 2 seconds', async () => {
    const peer = dial();
    const fate = follow(peer.call(request(1, { budget: 60_000 })));
    await clock.advance(2_010);
    expect(fate.error).toMatchObject({
      reason: 'down',
      sent: false,
      message: 'b did not answer the handshake',
    });
    expect(ends[0]!.closed).toBe(true);
  });

  it('knows the refusal of a node that speaks an earlier version, which has no code', async () => {
    const fate = follow(dial().call(request(1)));
    await clock.advance(5);
    end().send(
      jsonFrame(FrameType.refused, { reason: 'protocol 4 is spoken there, 3 here: upgrade the older node' }),
    );
    await clock.advance(2);
    expect(fate.error).toMatchObject({ reason: 'down', sent: false, code: 'PROTOCOL' });
  });

  it('fails with the reason of a refusal, and is tried again', async () => {
    const peer = dial();
    const fate = follow(peer.call(request(1)));
    await clock.advance(5);
    end().send(jsonFrame(FrameType.refused, { reason: `not you: ${'x'.repeat(600)}` }));
    await clock.advance(2);
    expect(fate.error).toMatchObject({ reason: 'down', sent: false });
    expect(fate.error!.message).toContain('b refuses this node: not you');
    await clock.advance(30);
    expect(ends).toHaveLength(2);
    end().send(welcome);
    await clock.advance(2);
    expect(peer.up).toBe(true);
  });

  it('says of what kind a refusal is that will come again', async () => {
    for (const code of ['NOT_TRUSTED', 'PROTOCOL', 'SOMETHING']) {
      const peer = dial();
      const fate = follow(peer.call(request(1)));
      await clock.advance(5);
      end().send(jsonFrame(FrameType.refused, { reason: 'not you', code }));
      await clock.advance(2);
      expect(fate.error!.code).toBe(code === 'SOMETHING' ? undefined : code);
      peer.close();
    }
  });

  it('proves a death when the next life of the node answers, and says so', async () => {
    const refusals: [refusal: object, deaths: number][] = [
      [{ reason: 'this is node c' }, 0],
      [{ reason: 'this is node b (b2)', ended: true }, 1],
    ];
    for (const [refusal, dead] of refusals) {
      const peer = dial();
      await clock.advance(5);
      end().send(jsonFrame(FrameType.refused, refusal));
      await clock.advance(2);
      expect(deaths).toBe(dead);
      peer.close();
    }
  });

  it('asks for a proof where there is a secret, and believes nobody without', async () => {
    const secret = new Secret('correct horse battery staple');
    const peer = dial({ secret });
    const fate = follow(peer.call(request(1)));
    await clock.advance(5);
    expect(end().json()).toMatchObject({ speaks: [oldest, newest], nonce: expect.any(String) });
    end().send(welcome);
    await clock.advance(2);
    expect(fate.error).toMatchObject({ code: 'NOT_TRUSTED', sent: false });
    expect(ends[0]!.closed).toBe(true);
    expect([peer.up, heard, end().frames]).toEqual([false, [], []]);
  });

  it('settles the version that is spoken', async () => {
    const newer = dial();
    expect(newer.protocol).toBeUndefined();
    await clock.advance(5);
    end().send(jsonFrame(FrameType.welcome, { id: 'b', incarnation: 'b1', epoch: 7, protocol: newest }));
    await clock.advance(2);
    expect(newer.protocol).toBe(newest);
  });

  it('says no hints to a node that knows of none', async () => {
    for (const protocol of [hintingProtocol - 1, hintingProtocol]) {
      const peer = dial();
      void peer.call(request(1, { hint: 2 })).catch(() => {});
      await clock.advance(5);
      end().send(jsonFrame(FrameType.welcome, { id: 'b', incarnation: 'b1', epoch: 7, protocol }));
      await clock.advance(2);
      const [said] = end()
        .take()
        .filter(({ type }) => type === FrameType.calls)
        .flatMap(({ body }) => readRequests(body, codec));
      expect(said!.hint).toBe(protocol < hintingProtocol ? undefined : 2);
      peer.close();
    }
  });

  it('fails when another node answers, or the same one in another life', async () => {
    for (const who of [
      { id: 'c', incarnation: 'b1' },
      { id: 'b', incarnation: 'b0' },
    ]) {
      const peer = dial();
      await clock.advance(5);
      end().send(jsonFrame(FrameType.welcome, { ...who, epoch: 1 }));
      await clock.advance(2);
      expect(peer.up).toBe(false);
      expect(logged.at(-1)).toContain('another node answers');
      peer.close();
    }
  });

  it('takes no more than 16 KiB from whom it has not met', async () => {
    dial();
    await clock.advance(5);
    end().send(Buffer.of(0, 0, 0x40, 1, FrameType.welcome));
    await clock.advance(3);
    expect(ends[0]!.closed).toBe(true);
  });
});

describe('a call over a link', () => {
  it('blames a service that is yet to be opened only where it was asked', async () => {
    const peer = dial({ lacks: (member, service) => member === 'b' && service !== '' });
    const unsent = follow(peer.call(request(1, { budget: 1 })));
    await clock.advance(2);
    expect(unsent.error).toMatchObject({ sent: false, message: 'b did not answer in time' });
    await clock.advance(20);
    end().send(welcome);
    await clock.advance(20);
    const sent = follow(peer.call(request(2, { budget: 50 })));
    await clock.advance(50);
    expect(sent.error).toMatchObject({ sent: true, message: expect.stringContaining('it has yet to open') });
  });

  it('is rejected at its deadline, and its late reply is dropped', async () => {
    const peer = await up();
    const [early, late] = [
      follow(peer.call(request(1, { budget: 100 }))),
      follow(peer.call(request(2, { budget: 50 }))),
    ];
    await clock.advance(49);
    expect(late.settled).toBe(0);
    await clock.advance(1);
    expect(late.error).toMatchObject({ reason: 'timeout', sent: true });
    expect(early.settled).toBe(0);
    end().send(replies([2, 'late'], [1, 'early']));
    await clock.advance(2);
    expect(answerTo(early)).toBe('early');
    expect(late.settled).toBe(1);
    expect(peer.inFlight).toBe(0);
  });

  it('is answered once, however often a reply to it comes', async () => {
    const peer = await up();
    const fate = follow(peer.call(request(1)));
    end().send(replies([1, 'first'], [1, 'second'], [99, 'nobody']));
    end().send(replies([1, 'third']));
    await clock.advance(2);
    expect([answerTo(fate), fate.settled]).toEqual(['first', 1]);
    expect(peer.up).toBe(true);
  });

  it('tells whether it was sent when its link breaks', async () => {
    const peer = await up();
    const sent = follow(peer.call(request(1)));
    await clock.advance(2);
    end().close();
    await clock.advance(3);
    expect(sent.error).toMatchObject({ reason: 'down', sent: true });
    const unsent = follow(peer.call(request(2)));
    await clock.advance(25);
    end().close();
    await clock.advance(3);
    expect(unsent.error).toMatchObject({ reason: 'down', sent: false });
  });

  it('does not get the reply to an earlier call of an earlier connection', async () => {
    const peer = await up();
    const first = follow(peer.call(request(1)));
    const old = end();
    old.close();
    old.send(replies([1, 'ghost']));
    await clock.advance(30);
    expect(first.error).toMatchObject({ sent: true });
    const again = follow(peer.call(request(1)));
    end().send(welcome);
    await clock.advance(3);
    old.send(replies([1, 'ghost']));
    await clock.advance(3);
    expect(again.settled).toBe(0);
    end().send(replies([1, 'real']));
    await clock.advance(2);
    expect(answerTo(again)).toBe('real');
  });

  it('is refused when too many are in flight, and taken when one of them has ended', async () => {
    const peer = await up({ limits: { ...defaultLimits, inFlight: 2 } });
    follow(peer.call(request(1)));
    follow(peer.call(request(2)));
    await expect(peer.call(request(3))).rejects.toMatchObject({ reason: 'overloaded', sent: false });
    peer.forget(1);
    const fate = follow(peer.call(request(4)));
    await clock.advance(2);
    expect(fate.settled).toBe(0);
    expect(asked()).toEqual([1, 2, 4]);
  });

  it('is refused when too many bytes wait to leave, whether the link is up or not', async () => {
    const limits = { ...defaultLimits, queued: 10_000 };
    const big = (id: number): Parameters<Peer['call']>[0] => request(id, { args: [Buffer.alloc(6_000)] });
    for (const peer of [await up({ limits }), dial({ limits })]) {
      const stood = peer.up;
      follow(peer.call(big(1)));
      follow(peer.call(big(2)));
      if (stood) await clock.advance(0);
      await expect(peer.call(big(3))).rejects.toMatchObject({ reason: 'overloaded', sent: false });
      if (stood) await clock.advance(5);
      else peer.forget(1);
      expect(follow(peer.call(big(4))).settled).toBe(0);
      await clock.advance(1);
      peer.close();
    }
  });

  it('is refused alone when no frame can hold it', async () => {
    const limits = { ...defaultLimits, frame: 4_000 };
    const peer = await up({ limits });
    const fates = [
      request(1),
      request(2, { args: [Buffer.alloc(3_990)] }),
      request(3, { target: { kind: 'partitions', set: Buffer.alloc(3_900) }, args: [Buffer.alloc(500)] }),
      request(4, { service: 'x'.repeat(300) }),
      request(5),
    ].map((each) => follow(peer.call(each)));
    await clock.advance(3);
    for (const fate of fates.slice(1, 4))
      expect(fate.error).toMatchObject({ reason: 'tooLarge', sent: false });
    expect(asked()).toEqual([1, 5]);
    expect(peer.inFlight).toBe(2);
  });

  it('is whole although its arguments make another call while they are read', async () => {
    const peer = await up();
    const nested = (): void => void follow(peer.call(request(2)));
    const args = [
      {
        get now(): string {
          nested();
          return 'read';
        },
      },
    ];
    follow(peer.call(request(1, { args })));
    await clock.advance(3);
    expect([...new Set(asked())].sort()).toEqual([1, 2]);
  });

  it('cannot break the link for the others that wait with it', async () => {
    const peer = dial();
    const poison = follow(peer.call(request(1, { handler: 'x'.repeat(300) })));
    const fate = follow(peer.call(request(2)));
    await clock.advance(5);
    end().send(welcome);
    await clock.advance(3);
    expect(poison.error).toMatchObject({ reason: 'tooLarge' });
    end().send(replies([2, 'fine']));
    await clock.advance(2);
    expect(answerTo(fate)).toBe('fine');
  });

  it('never shares a frame that is larger than the other end takes', async () => {
    const limits = { ...defaultLimits, frame: 4_000 };
    const peer = await up({ limits });
    for (let id = 1; id <= 40; id += 1)
      follow(peer.call(request(id, { args: [Buffer.alloc((id * 397) % 2_900)] })));
    await clock.advance(3);
    for (const { body } of end().frames) expect(body.length).toBeLessThan(limits.frame);
    expect(asked()).toEqual(Array.from({ length: 40 }, (_, index) => index + 1));
  });

  it('is rejected when the link is closed for good, and later ones at once', async () => {
    const peer = await up();
    const fate = follow(peer.call(request(1)));
    peer.close();
    peer.close();
    await expect(peer.call(request(2))).rejects.toMatchObject({ reason: 'down', sent: false });
    expect(fate.error).toMatchObject({ reason: 'down', sent: true });
    await clock.advance(60_000);
    expect(ends).toHaveLength(1);
  });
});

describe('a link', () => {
  /** Answers pings for `ms`. */
  async function answering(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 500) {
      await clock.advance(500);
      for (const { type } of end().take()) if (type === FrameType.ping) end().send(pong(5, false));
    }
  }

  it('stands as long as the other end answers', async () => {
    const peer = await up();
    await answering(60_000);
    expect(peer.up).toBe(true);
    expect(ends).toHaveLength(1);
    expect(heard).toContain(5);
  });

  it('asks for a lease, and counts what is granted from when it was asked for', async () => {
    let epoch = 4;
    const peer = dial({ epoch: () => epoch });
    await clock.advance(5);
    end().send(welcome);
    await clock.advance(2);
    const began = clock.now() - 1;
    epoch = 6;
    await clock.advance(100);
    peer.ask();
    await clock.advance(2);
    const pings = end()
      .take()
      .filter(({ type }) => type === FrameType.ping);
    expect(pings.map(({ body }) => readPing(body))).toEqual([4, 6]);
    await clock.advance(100);
    end().send(pong(5, true));
    end().send(pong(6, false));
    peer.ask();
    await clock.advance(2);
    end().send(pong(7, true, true));
    await clock.advance(2);
    expect(heard).toEqual([7, 5, 6, 7]);
    expect(grants).toEqual([
      [began, 4, 5, false],
      [began + 203, 6, 7, true],
    ]);
  });

  it('hands on what it is told in order with answers, and tells when that ends', async () => {
    const peer = await up();
    const order: unknown[] = [];
    void peer.call(request(1)).then(() => order.push('answered'));
    end().send(Buffer.concat([replies([1, 'one']), noticesFrame('users', [1, 2 ** 32 - 1])]));
    await clock.advance(2);
    expect(order).toEqual(['answered']);
    expect(noticed).toEqual([['users', [1, 2 ** 32 - 1]]]);
    expect(partings).toBe(0);
    end().close();
    await clock.advance(2);
    expect(partings).toBe(1);
    // One that never stood has promised nothing.
    await clock.advance(100);
    end().close();
    await clock.advance(2);
    expect(partings).toBe(1);
    peer.close();
    expect(partings).toBe(1);
  });

  it('is closed by an answer to nothing', async () => {
    await up();
    end().send(pong(5, true));
    await clock.advance(2);
    end().send(pong(5, true));
    await clock.advance(5);
    expect(ends[0]!.closed).toBe(true);
    expect(logged).toEqual([expect.stringContaining('an answer to nothing')]);
  });

  it('tells for how long nothing was heard, across its connections, unless this process excuses it', async () => {
    const peer = await up();
    await clock.advance(1_000);
    expect(peer.silence).toBeCloseTo(1_001, -1);
    end().send(pong(5, false));
    await clock.advance(2);
    expect(peer.silence).toBeLessThan(3);
    end().close();
    await clock.advance(5_000);
    expect(peer.up).toBe(false);
    expect(peer.silence).toBeGreaterThan(5_000);
    peer.excuse();
    expect(peer.silence).toBe(0);
  });

  it('is closed when the other end was silent for longer than failureAfter', async () => {
    const peer = await up();
    const fate = follow(peer.call(request(1, { budget: 60_000 })));
    await clock.advance(2_900);
    expect(peer.up).toBe(true);
    await clock.advance(1_200);
    expect(ends[0]!.closed).toBe(true);
    expect(fate.error).toMatchObject({
      reason: 'down',
      sent: true,
      message: 'b has been silent for 3000 ms',
    });
    expect(deaths).toBe(0);
  });

  it('blames nobody for a silence in which this process itself stood still', async () => {
    let frozen = 0;
    const own = {
      now: () => clock.now() + frozen,
      wallTime: () => clock.wallTime(),
      after: (ms: number, task: () => void) => clock.after(ms, task),
      defer: (task: () => void) => clock.defer(task),
    };
    const peer = await up({ clock: own });
    await clock.advance(900);
    frozen = 60_000;
    await clock.advance(200);
    expect(peer.up).toBe(true);
    await answering(6_000);
    expect(peer.up).toBe(true);
    expect(ends).toHaveLength(1);
  });

  it('is dialled again at once when it stood for a while and broke', async () => {
    const peer = await up();
    await answering(2_000);
    end().close();
    await clock.advance(5);
    expect(ends).toHaveLength(2);
    end().send(welcome);
    await clock.advance(2);
    expect(peer.up).toBe(true);
  });

  it('is dialled again ever more rarely, up to once a second, while it cannot be opened', async () => {
    await listener.close();
    const attempts: number[] = [];
    const real = network.transport('a');
    const transport = {
      ...real,
      connect: (address: string) => {
        attempts.push(clock.now());
        return real.connect(address);
      },
    };
    const peer = dial({ transport });
    await clock.advance(10_000);
    const gaps = attempts.slice(1).map((at, index) => at - attempts[index]! - 1);
    expect(gaps.slice(0, 7)).toEqual([20, 40, 80, 160, 320, 640, 1_000]);
    expect(new Set(gaps.slice(7))).toEqual(new Set([1_000]));
    await listen();
    await clock.advance(1_010);
    end().send(welcome);
    await clock.advance(2);
    expect(peer.up).toBe(true);
  });

  it('is not dialled without pause when it breaks each time as soon as it is up', async () => {
    dial();
    for (let ms = 0; ms < 10_000; ms += 1) {
      await clock.advance(1);
      if (!end()?.closed && end()?.take().length) {
        end().send(welcome);
        end().send(Buffer.of(0, 0, 0, 0));
      }
    }
    expect(ends.length).toBeLessThan(20);
  });

  it('reports a death only when it is proved', async () => {
    await up();
    end().close();
    await listener.close();
    await clock.advance(5_000);
    expect(deaths).toBe(0);
    await listen();
    await clock.advance(1_100);
    network.crash('b');
    await clock.advance(1_100);
    expect(deaths).toBeGreaterThan(0);
  });

  it('reports a death at once when a link stood', async () => {
    await up();
    await answering(1_500);
    network.crash('b');
    await clock.advance(3);
    expect(deaths).toBe(1);
  });

  it('is not opened by a transport that throws, and nothing is thrown', async () => {
    const transport = {
      ...network.transport('a'),
      connect: () => {
        throw new TypeError('what address?');
      },
    };
    const peer = dial({ transport });
    await expect(clock.run(peer.call(request(1)))).rejects.toMatchObject({
      reason: 'down',
      sent: false,
      message: 'cannot reach b: what address?',
    });
    expect(deaths).toBe(0);
  });

  it('is opened no more once the peer is closed, and closed if it is opened all the same', async () => {
    dial().close();
    await clock.advance(10);
    expect(ends).toEqual([]);
    const { connect, ...rest } = network.transport('a');
    dial({ transport: { ...rest, connect: (address) => connect(address) } }).close();
    await clock.advance(10);
    expect(ends[0]!.closed).toBe(true);
    expect(ends[0]!.frames).toEqual([]);
  });
});

describe('a peer and an acceptor that lies', () => {
  const valid = fc.constantFrom(
    replies([1, 'one'], [2, 'two']),
    replies([99, 'nobody']),
    pong(2 ** 48 - 1, true),
    welcome,
    jsonFrame(FrameType.refused, { reason: 'no' }),
    jsonFrame(FrameType.welcome, { id: 'b', incarnation: 'b1', epoch: 'late' }),
  );

  async function attacked(greet: boolean): Promise<void> {
    const stray = await strays(() =>
      fc.assert(
        fc.asyncProperty(fc.array(noise(valid), { minLength: 1, maxLength: 3 }), async (noises) => {
          const peer = greet ? await up() : dial();
          const fates = [1, 2, 3].map((id) => follow(peer.call(request(id, { budget: 500 }))));
          await clock.advance(5);
          for (const bytes of noises) end().send(bytes);
          await clock.advance(600);
          // Each call has ended, once, and the link stands or is gone: nothing hangs in between.
          expect(fates.map(({ settled }) => settled)).toEqual([1, 1, 1]);
          expect(peer.inFlight).toBe(0);
          if (!peer.up) await clock.advance(4_000);
          peer.close();
          await clock.advance(5);
          expect(ends.every(({ closed }) => closed)).toBe(true);
          ends.length = 0;
        }),
        { numRuns: 1_000 },
      ),
    );
    expect(stray).toEqual([]);
  }

  it('before the handshake', { timeout: 60_000 }, () => attacked(false));

  it('after the handshake', { timeout: 60_000 }, () => attacked(true));

  it('closes the link for a whole frame without sense', async () => {
    for (const bytes of [
      framed(FrameType.replies, Buffer.of(1, 2, 3)),
      framed(FrameType.pong, Buffer.of(1)),
      framed(FrameType.calls, Buffer.alloc(0)),
      welcome,
      framed(99, Buffer.alloc(0)),
      Buffer.of(0xff, 0xff, 0xff, 0xff),
    ]) {
      const peer = await up();
      const mine = end();
      mine.send(bytes);
      await clock.advance(3);
      expect(mine.closed).toBe(true);
      expect(logged.at(-1)).toContain('closing the link to b');
      peer.close();
    }
  });
});
