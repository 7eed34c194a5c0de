import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { Acceptor, type AcceptorOptions } from '../src/acceptor.ts';
import { ByteWriter } from '../src/bytes.ts';
import { Encoded } from '../src/encoded.ts';
import { FrameType, type Reply, type Request } from '../src/frame.ts';
import { protocols } from '../src/handshake.ts';
import { pingFrame, readPong } from '../src/heartbeat.ts';
import { defaultLimits } from '../src/limits.ts';
import { type Link, readNotices } from '../src/notices.ts';
import { ManualClock, TestCluster } from '../src/testing/index.ts';
import { MemoryNetwork } from '../src/transports/memory.ts';
import { codec, framed, helloFrame, noise, RawEnd, repliesOf, request, strays, writeCall } from './links.ts';

const to = { id: 'b', incarnation: 'b1' };

function calls(...requests: Request[]): Buffer {
  const writer = new ByteWriter();
  for (const each of requests) writeCall(writer, each);
  return framed(FrameType.calls, writer.finish());
}

function result(value: unknown): Reply {
  return { kind: 'result', value };
}

let clock: ManualClock;
let network: MemoryNetwork;
let served: Request[];
let logged: string[];
/** How many callers have said who they are, and how many links have ended. */
let known: number;
let ended: number;
let serve: AcceptorOptions['serve'];
let confirmed: boolean;
let birth: string | undefined;
let heard: number[];
let granted: (epoch: number) => boolean;
let hears: () => boolean;
beforeEach(() => {
  clock = new ManualClock();
  network = new MemoryNetwork({ clock, delay: () => 1 });
  served = [];
  logged = [];
  heard = [];
  granted = () => true;
  hears = () => true;
  known = 0;
  ended = 0;
  confirmed = true;
  birth = 'birth';
  serve = (asked) => {
    served.push(asked);
    return { kind: 'result', value: asked.args[0] };
  };
});

async function dialled(more: Partial<AcceptorOptions> = {}): Promise<RawEnd> {
  const options: AcceptorOptions = {
    clock,
    limits: defaultLimits,
    self: () => ({ id: 'b', incarnation: 'b1', cluster: 'test', birth }),
    epoch: () => 7,
    heardEpoch: (from, epoch) => {
      expect(from).toEqual({ id: 'a', incarnation: 'a1' });
      heard.push(epoch);
    },
    grants: ({ id }, epoch) => id === 'a' && granted(epoch),
    hears: ({ incarnation }) => incarnation === 'a1' && hears(),
    failureAfter: 3_000,
    codec,
    serve: (...asked) => serve(...asked),
    confirm: () => confirmed,
    withdrawn: ({ id }) => ({ kind: 'wrongOwner', epoch: id }),
    log: (message) => logged.push(message),
    ...more,
  };
  const accept = (connection: ConstructorParameters<typeof Acceptor>[0]): void => {
    new Acceptor(connection, options, {
      greeted: () => {
        known += 1;
      },
      ended: () => {
        ended += 1;
      },
    });
  };
  const address = `memory:b-${clock.waiting}-${Math.random()}`;
  await network.transport('b').listen(address, accept);
  return new RawEnd(await clock.run(network.transport('a').connect(address)));
}

async function greeted(more: Partial<AcceptorOptions> = {}): Promise<RawEnd> {
  const end = await dialled(more);
  end.send(helloFrame({ to }));
  await clock.advance(5);
  end.take();
  return end;
}

function answers(end: RawEnd): { id: number; reply: Reply }[] {
  return end.take().flatMap(({ body }) => repliesOf(body));
}

describe('the handshake of an acceptor', () => {
  it('welcomes a dialler of its cluster, and says who it is', async () => {
    const end = await dialled();
    end.send(helloFrame({ to }));
    await clock.advance(5);
    expect(end.json()).toEqual({ id: 'b', incarnation: 'b1', epoch: 7, protocol: protocols.newest });
    expect(known).toBe(1);
    for (let passed = 0; passed < 60_000; passed += 1_000) {
      end.send(pingFrame(7));
      await clock.advance(1_000);
    }
    expect(end.closed).toBe(false);
  });

  const refusals: [what: string, hello: Parameters<typeof helloFrame>[0], reason: RegExp][] = [
    ['another protocol', { to, protocol: 1 }, /the one that dials 1 alone: upgrade the one/],
    ['another cluster', { to, cluster: 'other' }, /this is cluster 'test', not 'other'/],
    ['another birth', { to, birth: 'later' }, /born as birth, not as later/],
    ['another id', { to: { id: 'c', incarnation: 'b1' } }, /this is node b \(b1\)/],
    ['another incarnation', { to: { id: 'b', incarnation: 'b0' } }, /this is node b \(b1\)/],
    ['nobody', { to: undefined as never }, /this is node b \(b1\)/],
  ];
  for (const [what, hello, reason] of refusals) {
    it(`refuses a dialler that wants ${what}, with the reason, and ends`, async () => {
      const end = await dialled();
      end.send(helloFrame(hello));
      await clock.advance(10);
      expect((end.json() as { reason: string }).reason).toMatch(reason);
      expect(end.closed).toBe(true);
      expect([known, ended]).toEqual([0, 1]);
    });
  }

  it('refuses everybody before it has a birth', async () => {
    birth = undefined;
    const end = await dialled();
    end.send(helloFrame({ to }));
    await clock.advance(10);
    expect(end.json()).toEqual({ reason: 'this node is not a member yet' });
  });

  it('ends when nothing was said for 2 seconds', async () => {
    const end = await dialled();
    await clock.advance(1_900);
    expect(end.closed).toBe(false);
    await clock.advance(200);
    expect(end.closed).toBe(true);
  });

  it('takes no more than 16 KiB from a stranger', async () => {
    const end = await dialled();
    end.send(Buffer.of(0, 0, 0x40, 1, FrameType.hello));
    await clock.advance(10);
    expect(end.closed).toBe(true);
    expect(logged).toEqual([expect.stringContaining('closing the link from a stranger')]);
  });

  it('answers no call before it', async () => {
    const end = await dialled();
    end.send(calls(request(1)));
    await clock.advance(10);
    expect(served).toEqual([]);
    expect(end.closed).toBe(true);
  });
});

describe('an acceptor', () => {
  it('answers what can be answered at once in one frame, and the rest when it is known', async () => {
    const later = new Map<number, (reply: Reply) => void>();
    serve = ({ id }) => (id % 2 === 0 ? result(id) : new Promise((resolve) => later.set(id, resolve)));
    const end = await greeted();
    end.send(calls(...[1, 2, 3, 4].map((id) => request(id))));
    await clock.advance(5);
    expect(end.frames).toHaveLength(1);
    expect(answers(end).map(({ id }) => id)).toEqual([2, 4]);
    later.get(3)!(result('three'));
    await clock.advance(5);
    expect(answers(end)).toEqual([{ id: 3, reply: result('three') }]);
  });

  it('takes back what it answered at once if that may not be told any more once all of a frame is executed', async () => {
    const end = await greeted();
    serve = ({ id }) => {
      confirmed = id < 2;
      return result(id);
    };
    end.send(calls(request(1), request(2)));
    await clock.advance(5);
    expect(answers(end)).toEqual([1, 2].map((id) => ({ id, reply: { kind: 'wrongOwner', epoch: id } })));
  });

  it('answers a ping with its epoch, whether it grants a lease and whether it hears the other, and hears its epoch', async () => {
    granted = (epoch) => epoch === 9;
    const both = [true, false];
    hears = () => both.shift()!;
    const end = await greeted();
    end.send(pingFrame(9));
    end.send(pingFrame(8));
    await clock.advance(5);
    expect(heard).toEqual([9, 8]);
    const frames = end.take();
    expect(frames.map(({ type }) => type)).toEqual([FrameType.pong, FrameType.pong]);
    expect(frames.map(({ body }) => readPong(body))).toEqual([
      { epoch: 7, grants: true, hears: true },
      { epoch: 7, grants: false, hears: false },
    ]);
  });

  it('tells its caller after the answers of the batch in hand, and before those of the next', async () => {
    const links: Link[] = [];
    serve = (asked, _caller, _now, link) => {
      links.push(link!);
      if (asked.id === 1) link!.tell('users', 0xfffffff0);
      return result(asked.id);
    };
    const end = await greeted();
    end.send(calls(request(1), request(2)));
    await clock.advance(5);
    const { replies, notices } = FrameType;
    const frames = end.take();
    expect(frames.map(({ type }) => type)).toEqual([replies, notices]);
    expect(readNotices(frames[1]!.body)).toEqual({ service: 'users', hashes: [0xfffffff0] });
    expect(new Set(links).size).toBe(1);
    // What happens for somebody else leaves at the end of the turn, or before an answer that could have observed it.
    links[0]!.tell('users', 7);
    links[0]!.tell('users', 8);
    links[0]!.tell('others', 9);
    end.send(calls(request(3)));
    await clock.advance(5);
    expect(
      end.take().map(({ type, body }) => (type === notices ? readNotices(body) : repliesOf(body)[0]!.id)),
    ).toEqual([{ service: 'users', hashes: [7, 8] }, { service: 'others', hashes: [9] }, 3]);
  });

  it('tells its caller before an answer that had to wait', async () => {
    let later: (reply: Reply) => void = () => {};
    let link: Link | undefined;
    serve = (...asked) => {
      link = asked[3];
      return new Promise((resolve) => {
        later = resolve;
      });
    };
    const end = await greeted();
    end.send(calls(request(1)));
    await clock.advance(5);
    link!.tell('users', 1);
    later(result('late'));
    await clock.advance(5);
    expect(end.take().map(({ type }) => type)).toEqual([FrameType.notices, FrameType.replies]);
    expect(link!.open).toBe(true);
    end.close();
    await clock.advance(5);
    expect(link!.open).toBe(false);
    link!.tell('users', 2);
    await clock.advance(5);
  });

  it('gives up a caller that never reads what it is told, and lets none be told that will not stay', async () => {
    let link: Link | undefined;
    serve = (asked, _caller, _now, over) => {
      link = over;
      return result(asked.id);
    };
    const end = await greeted({ limits: { ...defaultLimits, queued: 1_000 } });
    end.send(calls(request(1)));
    await clock.advance(5);
    network.pause('a');
    for (let hash = 0; hash < 20_000; hash += 1) link!.tell('users', hash);
    await clock.advance(5);
    expect(link!.open).toBe(false);
    network.resume('a');
    const passing = await dialled();
    passing.send(helloFrame({ to, lasting: false }));
    passing.send(calls(request(2)));
    await clock.advance(5);
    expect(link).toBe(undefined);
  });

  it('ends a link that was silent for longer than failureAfter', async () => {
    const end = await greeted();
    await clock.advance(2_900);
    expect(end.closed).toBe(false);
    end.send(pingFrame(7));
    await clock.advance(3_000);
    expect(end.closed).toBe(false);
    await clock.advance(600);
    expect(end.closed).toBe(true);
    expect(ended).toBeGreaterThan(0);
  });

  it('refuses with OVERLOADED what exceeds the calls that may wait, and takes more afterwards', async () => {
    const waiting: ((reply: Reply) => void)[] = [];
    serve = () => new Promise((resolve) => waiting.push(resolve));
    const end = await greeted({ limits: { ...defaultLimits, inFlight: 2 } });
    end.send(calls(request(1), request(2), request(3)));
    await clock.advance(5);
    expect(answers(end)).toMatchObject([{ id: 3, reply: { kind: 'refused', code: 'OVERLOADED' } }]);
    for (const resolve of waiting.splice(0)) resolve(result('done'));
    await clock.advance(5);
    expect(answers(end).map(({ id }) => id)).toEqual([1, 2]);
    end.send(calls(request(4)));
    await clock.advance(5);
    expect(waiting).toHaveLength(1);
  });

  it('refuses with OVERLOADED what exceeds the bytes that may wait, and takes more once that has gone', async () => {
    const waiting: ((reply: Reply) => void)[] = [];
    serve = () => new Promise((resolve) => waiting.push(resolve));
    const end = await greeted({ limits: { ...defaultLimits, queued: 10_000 } });
    const big = (id: number): Request => request(id, { args: [Buffer.alloc(6_000)] });
    // A frame takes its room until the last of its calls has ended.
    end.send(calls(big(1), request(2)));
    end.send(calls(big(3)));
    end.send(calls(big(4)));
    await clock.advance(5);
    const refused = { kind: 'refused', code: 'OVERLOADED', message: expect.stringContaining('bytes') };
    expect(answers(end)).toMatchObject([{ id: 4, reply: refused }]);
    waiting[0]!(result('done'));
    await clock.advance(5);
    end.send(calls(request(5)));
    await clock.advance(5);
    expect(answers(end)).toMatchObject([{ id: 1 }, { id: 5, reply: refused }]);
    waiting[1]!(result('done'));
    await clock.advance(5);
    end.send(calls(request(6)));
    await clock.advance(5);
    expect(answers(end)).toMatchObject([{ id: 2 }]);
    expect(waiting).toHaveLength(4);
  });

  it('refuses with TOO_LARGE an answer that no frame can hold, and goes on', async () => {
    serve = ({ id }) => result(id === 1 ? 'x'.repeat(2_000) : 'small');
    const end = await greeted({ limits: { ...defaultLimits, frame: 1_500 } });
    end.send(calls(request(1), request(2)));
    await clock.advance(5);
    expect(answers(end)).toMatchObject([
      { id: 1, reply: { kind: 'refused', code: 'TOO_LARGE' } },
      { id: 2, reply: { kind: 'result' } },
    ]);
  });

  it('splits answers that together exceed the limit on frames', async () => {
    serve = ({ id }) => result('x'.repeat(id * 100));
    const limits = { ...defaultLimits, frame: 1_000 };
    const end = await greeted({ limits });
    end.send(calls(...[6, 6, 3, 9].map((id) => request(id))));
    await clock.advance(5);
    for (const { body } of end.frames) expect(body.length).toBeLessThan(limits.frame);
    expect(answers(end).map(({ id }) => id)).toEqual([6, 6, 3, 9]);
  });

  it('gives up a dialler that asks and never reads', async () => {
    serve = () => result('x'.repeat(500));
    const slow = new MemoryNetwork({ clock, delay: (from) => (from === 'b' ? 60_000 : 1) });
    network = slow;
    const end = await dialled({ limits: { ...defaultLimits, queued: 2_000 } });
    end.send(helloFrame({ to }));
    for (let id = 0; id < 200; id += 1) end.send(calls(request(id)));
    await clock.advance(100);
    expect(logged).toEqual([expect.stringContaining('wait unread')]);
    expect(ended).toBe(1);
  });

  it('drops the answers of a link that has ended', async () => {
    let settle: (reply: Reply) => void = () => {};
    serve = () =>
      new Promise((resolve) => {
        settle = resolve;
      });
    const end = await greeted();
    end.send(calls(request(1)));
    await clock.advance(5);
    end.close();
    await clock.advance(5);
    const stray = await strays(async () => {
      settle(result(1));
      await clock.advance(5);
    });
    expect(stray).toEqual([]);
    expect(ended).toBe(1);
  });
});

describe('a node and bytes that nobody should send', () => {
  const answered = { service: 'echo', handler: 'echo', args: ['well'] };

  async function pair(): Promise<TestCluster> {
    const cluster = new TestCluster({ seed: 3 });
    await cluster.join('a', { partitions: 16 });
    await cluster.join('b');
    const echo = { handlers: { echo: (_context: unknown, ...args: unknown[]) => args } };
    for (const node of cluster.nodes) await cluster.run(node.open('echo', echo));
    await cluster.clock.advance(100);
    return cluster;
  }

  async function attacked(valid: fc.Arbitrary<Buffer>, greet: boolean): Promise<unknown[]> {
    const cluster = await pair();
    const [a, b] = cluster.nodes as [(typeof cluster.nodes)[0], (typeof cluster.nodes)[0]];
    const { address, incarnation } = b.view.members.find(({ id }) => id === 'a')!;
    const errors: unknown[] = [];
    for (const node of cluster.nodes) node.on('error', (error) => errors.push(error));
    const attack = async (noises: readonly Buffer[]): Promise<void> => {
      const end = new RawEnd(await cluster.run(cluster.network.transport('m').connect(address)));
      if (greet) {
        end.send(
          helloFrame({ birth: a.view.birth, id: 'm', incarnation: 'm1', to: { id: 'a', incarnation } }),
        );
      }
      for (const bytes of noises) end.send(bytes);
      await cluster.clock.advance(10);
      const closed = end.closed;
      // Whatever became of that link, the others stand and answer.
      expect(a.status().members.map(({ up }) => up)).toEqual([true, true]);
      expect(await cluster.run(b.dispatch.callNode('a', answered))).toEqual(['well']);
      expect(await cluster.run(a.dispatch.callNode('b', answered))).toEqual(['well']);
      if (!greet && !closed) {
        await cluster.clock.advance(2_100);
        expect(end.closed).toBe(true);
      }
      end.close();
      await cluster.clock.advance(5);
    };
    const stray = await strays(async () => {
      const property = fc.asyncProperty(fc.array(noise(valid), { minLength: 1, maxLength: 3 }), attack);
      await fc.assert(property, { numRuns: 1_000 });
    });
    await cluster.close();
    return [...stray, ...errors];
  }

  it('survive whatever a stranger says: it costs that link alone', { timeout: 60_000 }, async () => {
    const valid = fc.constant(helloFrame({ to: { id: 'a', incarnation: 'x' } }));
    expect(await attacked(valid, false)).toEqual([]);
  });

  it('survive whatever a known node says: it costs that link alone', { timeout: 60_000 }, async () => {
    const set = Buffer.of(0xff, 0xff);
    const valid = fc.constantFrom(
      calls(request(1)),
      calls(request(2), request(3, { target: { kind: 'key', hash: 5 } })),
      calls(request(4, { target: { kind: 'partitions', set } })),
      calls(request(5, { target: { kind: 'partitions', set: Buffer.of(1) } })),
      calls(request(6, { args: [new Encoded(Buffer.of(0xc1))] })),
      calls(request(7, { service: '$cluster', handler: 'join', args: [{ id: 5 }] })),
      calls(request(8, { service: '$cluster', handler: 'view', args: ['{}'] })),
      calls(request(9, { service: '__proto__', handler: 'constructor', budget: 5 })),
      pingFrame(2 ** 48 - 1),
    );
    expect(await attacked(valid, true)).toEqual([]);
  });

  it('close that link when they are a whole frame without sense', async () => {
    const senseless = [
      framed(FrameType.calls, Buffer.of(1, 2, 3)),
      framed(FrameType.ping, Buffer.of(1)),
      framed(FrameType.welcome, Buffer.from('{}')),
      framed(FrameType.replies, Buffer.alloc(0)),
      framed(99, Buffer.alloc(0)),
      Buffer.of(0, 0, 0, 0, 4),
      Buffer.of(0xff, 0xff, 0xff, 0xff, 4),
      helloFrame({ to }),
    ];
    for (const bytes of senseless) {
      const end = await greeted();
      end.send(bytes);
      await clock.advance(5);
      expect(end.closed).toBe(true);
    }
    expect(logged).toHaveLength(senseless.length);
    const end = await greeted({
      serve: () => {
        throw new RangeError('malformed arguments');
      },
    });
    end.send(calls(request(1)));
    await clock.advance(5);
    expect(end.closed).toBe(true);
    expect(logged.at(-1)).toBe('closing the link from a: malformed arguments');
  });
});
