import { beforeEach, describe, expect, it } from 'vitest';
import { CallLog, callLogService } from '../src/call-log.ts';
import { Codec } from '../src/codec.ts';
import type { Reply, Request } from '../src/frame.ts';
import { Gate } from '../src/gate.ts';
import { Lease } from '../src/lease.ts';
import { Ownership } from '../src/ownership.ts';
import { PartitionSet } from '../src/partition-set.ts';
import type { StreamAnswer, StreamMessage } from '../src/replica-stream.ts';
import { Replication } from '../src/replication.ts';
import { balanced } from '../src/routers/balanced.ts';
import { allSafeguards } from '../src/safeguards.ts';
import { Reconsider, Serve } from '../src/serve.ts';
import { type CallContext, Services } from '../src/services.ts';
import { ManualClock } from '../src/testing/index.ts';
import { Throttle } from '../src/throttle.ts';
import { changeBackups, completeMoves, join, memberOf, reseat, type View } from '../src/view.ts';
import { firstView, member } from './arbitraries.ts';
import { request, strays } from './links.ts';

const codec = new Codec();
let clock: ManualClock;
let ownership: Ownership;
let services: Services;
let lease: Lease;
let replication: Replication;
let send: (to: string, message: StreamMessage) => Promise<StreamAnswer>;
let calls: CallLog;
let serve: Serve;
let view: View | undefined;
let executed: unknown[];
beforeEach(() => {
  clock = new ManualClock();
  ownership = new Ownership('a');
  services = new Services(clock);
  lease = new Lease({ self: 'a-1', clock, duration: 1_500, safeguards: allSafeguards, ask: () => {} });
  executed = [];
  send = () => new Promise(() => {});
  follow(firstView(8));
  replication = new Replication({
    self: 'a',
    incarnation: 'a-1',
    services,
    clock,
    throttle: new Throttle(clock, Number.POSITIVE_INFINITY),
    spare: 256 * 1024,
    patience: 3_000,
    safeguards: allSafeguards,
    view: () => view!,
    pages: () => false,
    counted: () => false,
    send: (to, message) => send(to, message),
    progress: () => gate.review(),
    log: () => {},
  });
  const gate = new Gate({ self: 'a', clock, replication, view: () => view! });
  calls = new CallLog({
    clock,
    limit: 100,
    slack: 3_000,
    streaming: (partition) => replication.streaming(partition),
    changed: (partition, record) => replication.changed(callLogService, partition, record),
  });
  serve = new Serve({
    self: 'a',
    clock,
    codec,
    ownership,
    lease,
    gate,
    replication,
    calls,
    services,
    safeguards: allSafeguards,
    view: () => view,
  });
});

const answer = (request: Request): Reply | Promise<Reply> =>
  serve.answer(request, { id: 'b', incarnation: 'b-1' }, clock.now());

function follow(next: View): void {
  view = next;
  ownership.view = next;
  lease.follow(next);
}

/** Gives partitions of this node to another. */
function give(...partitions: number[]): void {
  follow(
    completeMoves(
      view!,
      partitions.map((partition) => ({ partition, from: 'a', to: 'b' })),
    ),
  );
}

function openEcho(): void {
  services.add('echo', {
    handlers: {
      echo: (_context: CallContext, ...args: unknown[]) => {
        executed.push(args);
        return args;
      },
      list: ({ partitions }: CallContext) => {
        executed.push('list');
        return [...partitions];
      },
      fail: () => {
        throw {
          toString() {
            throw new Error('unspeakable');
          },
          f: () => 1,
        };
      },
      failLater: async () => {
        throw Object.defineProperty(new Error('x'), 'message', {
          get() {
            throw new Error('unreadable');
          },
        });
      },
      bad: () => Symbol('s'),
    },
  });
}

function key(hash: number, more: Partial<Request> = {}): Request {
  return request(1, { target: { kind: 'key', hash }, ...more });
}

function settled(reply: Reply | Promise<Reply>): Promise<Reply> {
  return clock.run(Promise.resolve(reply));
}

describe('a node that serves', () => {
  it('answers for the partitions it owns now, at once, and sends callers of others away', () => {
    openEcho();
    expect(answer(key(3))).toMatchObject({ kind: 'result' });
    give(3);
    expect(answer(key(3))).toEqual({ kind: 'wrongOwner', epoch: 2 });
    expect(answer(key(4))).toMatchObject({ kind: 'result' });
    expect(executed).toHaveLength(2);
  });

  it('passes a note on only beside an answer that is given at once', async () => {
    const link = { open: true, tell: () => {} };
    const seen: unknown[] = [];
    services.add('notes', {
      handlers: {
        now: (context: CallContext) => {
          seen.push([context.link, context.hint]);
          context.note = 7;
          return 1;
        },
        later: async (context: CallContext) => {
          context.note = 7;
          return 1;
        },
        judged: (context: CallContext) => {
          context.note = 7;
          if (seen.push('judged') % 2 === 0) throw new Reconsider('again', Promise.resolve());
          return 1;
        },
      },
    });
    const ask = (handler: string): Reply | Promise<Reply> =>
      serve.answer(
        key(3, { service: 'notes', handler, repeatable: true, hint: 2 }),
        { id: 'b', incarnation: 'b-1' },
        clock.now(),
        link,
      );
    expect(ask('now')).toEqual({ kind: 'result', value: 1, note: 7 });
    expect(seen).toEqual([[link, 2]]);
    for (const handler of ['later', 'judged'])
      expect(await settled(ask(handler))).toEqual({ kind: 'result', value: 1 });
    expect(seen).toHaveLength(3);
  });

  it('drops a call that comes too late, unexecuted', () => {
    openEcho();
    expect(answer(key(1, { budget: 0 }))).toMatchObject({ kind: 'refused', code: 'TIMEOUT' });
    expect(executed).toEqual([]);
  });

  it('owns nothing before it has joined, instead of breaking the link', () => {
    openEcho();
    view = undefined;
    const set = new PartitionSet(8, Buffer.of(0xff)).bits;
    expect(answer(key(1))).toEqual({ kind: 'wrongOwner', epoch: 0 });
    expect(answer(key(1, { target: { kind: 'partitions', set } }))).toEqual({
      kind: 'wrongOwner',
      epoch: 0,
    });
    expect(answer(request(1))).toMatchObject({ kind: 'result' });
  });

  it('lets a call for a service wait until it is opened', async () => {
    const reply = answer(key(1));
    await clock.advance(500);
    openEcho();
    expect(await settled(reply)).toMatchObject({ kind: 'result' });
  });

  it('lets it wait no longer than its deadline, and does not execute it', async () => {
    const reply = answer(key(1, { budget: 300 }));
    expect(await settled(reply)).toMatchObject({ kind: 'refused', code: 'TIMEOUT' });
    expect(clock.now()).toBe(300);
    openEcho();
    await clock.advance(1_000);
    expect(executed).toEqual([]);
  });

  it('judges the owner again after a wait', async () => {
    const waits = answer(key(1));
    give(1);
    openEcho();
    expect(await settled(waits)).toEqual({ kind: 'wrongOwner', epoch: 2 });
    ownership.seal([2]);
    const held = answer(key(2));
    give(2);
    ownership.unseal([2]);
    expect(await settled(held)).toEqual({ kind: 'wrongOwner', epoch: 3 });
    expect(executed).toEqual([]);
  });

  it('holds the calls of a sealed partition, and no others', async () => {
    openEcho();
    ownership.seal([2]);
    const held = answer(key(2));
    expect(answer(key(3))).toMatchObject({ kind: 'result' });
    await clock.advance(100);
    expect(executed).toHaveLength(1);
    ownership.unseal([2]);
    expect(await settled(held)).toMatchObject({ kind: 'result' });
    ownership.seal([2]);
    expect(await settled(answer(key(2, { budget: 100 })))).toMatchObject({ code: 'TIMEOUT' });
  });

  it('covers what it owns of the partitions asked for, unless sealed, and executes nothing for none', () => {
    openEcho();
    give(0, 1);
    ownership.seal([2]);
    const covered = (...members: number[]): number[] | undefined => {
      const { bits } = PartitionSet.of(8, members);
      const asked = request(1, { target: { kind: 'partitions', set: bits }, handler: 'list' });
      const reply = answer(asked) as Extract<Reply, { kind: 'result' }>;
      const set = [...new PartitionSet(8, reply.covered)];
      expect(reply.value ?? []).toEqual(set);
      return set;
    };
    expect(covered(0, 1, 2, 3, 4)).toEqual([3, 4]);
    expect(covered(0, 2)).toEqual([]);
    expect(executed).toEqual(['list']);
  });

  it('knows no handlers but its own', () => {
    openEcho();
    for (const handler of ['none', 'constructor', 'toString', '__proto__']) {
      expect(answer(key(1, { handler }))).toMatchObject({ kind: 'refused', code: 'UNKNOWN_HANDLER' });
    }
  });

  it('answers something, whatever a handler throws or returns', async () => {
    openEcho();
    const stray = await strays(async () => {
      for (const handler of ['fail', 'failLater', 'bad']) {
        const reply = await settled(answer(key(1, { handler })));
        expect(reply.kind).toBe('thrown');
        const failed = reply.kind === 'thrown' ? reply : undefined;
        expect(codec.decodeError(failed?.bytes ?? codec.encodeError(failed?.error))).toBeInstanceOf(Error);
      }
    });
    expect(stray).toEqual([]);
  });

  it('throws on partitions that make no sense', () => {
    openEcho();
    const target = { kind: 'partitions' as const, set: Buffer.alloc(3) };
    expect(() => answer(request(1, { target }))).toThrow(RangeError);
    expect(executed).toEqual([]);
  });
});

describe('a call that comes again', () => {
  /** Counts how often it was executed; `later` ends when it is told to, `judged` is judged again at first. */
  function openCounter(): (() => void)[] {
    const ends: (() => void)[] = [];
    let count = 0;
    let judged = 0;
    services.add('counter', {
      handlers: {
        add: () => {
          count += 1;
          return count;
        },
        fail: () => {
          count += 1;
          throw new Error(`no ${count}`);
        },
        later: async () => {
          count += 1;
          await new Promise<void>((resolve) => void ends.push(resolve));
          return count;
        },
        judged: async () => {
          judged += 1;
          if (judged === 1) throw new Reconsider();
          count += 1;
          return count;
        },
      },
    });
    return ends;
  }

  const add = (id: number, more: Partial<Request> = {}): Request =>
    request(id, {
      target: { kind: 'key', hash: 1 },
      service: 'counter',
      handler: 'add',
      args: [],
      ...more,
    });

  function told(reply: Reply): unknown {
    if (reply.kind === 'result')
      return reply.bytes === undefined ? reply.value : codec.decodeList(reply.bytes)[0];
    if (reply.kind === 'thrown') {
      const error = reply.bytes === undefined ? reply.error : codec.decodeError(reply.bytes);
      return (error as Error).message;
    }
    return reply.kind === 'refused' ? reply.code : reply.kind;
  }

  const again = (id: number, more: Partial<Request> = {}): Request => add(id, { retryOf: 1, ...more });

  it('is answered as before, whether it had a result or threw', async () => {
    openCounter();
    expect(told(await settled(answer(add(1))))).toBe(1);
    expect(told(await settled(answer(add(2, { handler: 'fail' }))))).toBe('no 2');
    for (let n = 0; n < 3; n += 1) {
      expect(told(await settled(answer(again(1))))).toBe(1);
      expect(told(await settled(answer(again(2, { handler: 'fail' }))))).toBe('no 2');
    }
    expect(told(await settled(answer(add(3))))).toBe(3);
  });

  it('is told what a copy remembers, also where its caller has come to own the key itself', () => {
    openCounter();
    const copy = calls.service.replica!;
    copy.stage(1, ['result', 1_000, 'b-1', 7, codec.encodeList([42])]);
    copy.promote(1);
    const { budget, ...call } = again(7);
    const outcome = serve.execute({
      ...call,
      deadline: clock.now() + budget,
      caller: { id: 'b', incarnation: 'b-1' },
    });
    expect(outcome).toMatchObject({ kind: 'result', value: 42 });
  });

  it('waits for the first to end, and is answered with it', async () => {
    const ends = openCounter();
    const replies = [answer(add(1, { handler: 'later' })), answer(again(1, { handler: 'later' }))];
    await clock.advance(100);
    expect(ends).toHaveLength(1);
    ends[0]!();
    const both = (await settled(Promise.all(replies) as never)) as unknown as Reply[];
    expect(both.map(told)).toEqual([told(both[0]!), told(both[0]!)]);
  });

  it('is executed if it never came before', async () => {
    openCounter();
    expect(told(await settled(answer(again(1))))).toBe(1);
    expect(told(await settled(answer(again(1))))).toBe(1);
  });

  it('has an unknown outcome if it was begun elsewhere; one that comes for the first time is executed', async () => {
    openCounter();
    const { stage, promote } = calls.service.replica!;
    for (const id of [1, 2]) stage(1, ['begun', 3_000, 'b-1', id]);
    promote(1);
    expect(told(await settled(answer(again(1))))).toBe('UNKNOWN_OUTCOME');
    // Its caller would say so if anybody could have executed it.
    expect(told(await settled(answer(add(2))))).toBe(1);
    expect(told(await settled(answer(again(2))))).toBe(1);
    expect(told(await settled(answer(again(1))))).toBe('UNKNOWN_OUTCOME');
  });

  it('has an unknown outcome if the data of its partition has begun again since', async () => {
    openCounter();
    expect(told(await settled(answer(add(1, { retryOf: 0 }))))).toBe('UNKNOWN_OUTCOME');
    expect(told(await settled(answer(add(2))))).toBe(1);
  });

  it('has an unknown outcome if its log is full and it may have been forgotten', async () => {
    openCounter();
    for (let id = 1; id <= 101; id += 1) await settled(answer(add(id)));
    expect(told(await settled(answer(again(101))))).toBe(101);
    expect(told(await settled(answer(again(1))))).toBe('UNKNOWN_OUTCOME');
    expect(told(await settled(answer(again(500))))).toBe('UNKNOWN_OUTCOME');
    expect(told(await settled(answer(add(501))))).toBe(102);
  });

  it('is not remembered if it may be repeated, or is for the node', async () => {
    openCounter();
    for (const target of [{ kind: 'node' as const }, { kind: 'key' as const, hash: 1 }]) {
      const call = add(1, { target, repeatable: target.kind === 'key' });
      const first = told(await settled(answer(call)));
      expect(told(await settled(answer(call)))).toBe(Number(first) + 1);
    }
  });

  it('is executed once although it was judged again', async () => {
    openCounter();
    expect(told(await settled(answer(add(1, { handler: 'judged' }))))).toBe(1);
    expect(told(await settled(answer(again(1, { handler: 'judged' }))))).toBe(1);
  });

  it('waits without being remembered as begun while its handler cannot begin', async () => {
    const ends: ((error?: Error) => void)[] = [];
    let free = false;
    let deadline = 0;
    services.add('door', {
      handlers: {
        enter: (context: CallContext) => {
          deadline = context.deadline;
          if (free) return 'in';
          throw new Reconsider(
            'it is locked',
            new Promise<void>((resolve, reject) =>
              ends.push((error) => (error === undefined ? resolve() : reject(error))),
            ),
          );
        },
      },
    });
    const enter = (id: number): Request => add(id, { service: 'door', handler: 'enter', budget: 700 });
    const [one, other] = [answer(enter(1)), answer(enter(2))];
    expect([calls.size, deadline]).toEqual([0, clock.now() + 700]);
    ends[1]!(new Error('it stays locked'));
    expect(told(await settled(other))).toBe('it stays locked');
    ends[0]!();
    await clock.advance(0);
    free = true;
    ends[2]!();
    expect(told(await settled(one))).toBe('in');
    expect(told(await settled(answer({ ...enter(1), retryOf: 1 })))).toBe('in');
    expect(calls.size).toBe(2);
  });

  it('is told from the same number of another caller', async () => {
    openCounter();
    await settled(answer(add(1)));
    const other = serve.answer(add(1), { id: 'b', incarnation: 'b-2' }, clock.now());
    expect(told(await settled(other))).toBe(2);
  });
});

describe('a node without a lease', () => {
  /** `a` and two others vote. */
  function contested(): void {
    follow(reseat(join(view!, [member('b'), member('c')], balanced())));
  }

  it('holds calls until it has one, and no longer than they wait', async () => {
    openEcho();
    contested();
    await clock.advance(1_500);
    const held = answer(key(1));
    const late = answer(key(1, { budget: 200 }));
    const set = new PartitionSet(8, Buffer.of(0xff)).bits;
    const all = answer(key(1, { target: { kind: 'partitions', set }, handler: 'list' }));
    expect(answer(request(1))).toMatchObject({ kind: 'result' });
    await clock.advance(300);
    expect(executed).toHaveLength(1);
    expect(await late).toMatchObject({ kind: 'refused', code: 'TIMEOUT' });
    lease.granted('b-1', clock.now(), view!.electorate.epoch, true);
    expect(await settled(held)).toMatchObject({ kind: 'result' });
    expect(await settled(all)).toMatchObject({ kind: 'result' });
    expect(executed).toHaveLength(3);
  });

  it('sends a call away that was given meanwhile to another', async () => {
    openEcho();
    contested();
    await clock.advance(1_500);
    const held = answer(key(1));
    give(1);
    lease.confirmed(clock.now());
    expect(await settled(held)).toMatchObject({ kind: 'wrongOwner' });
    expect(executed).toEqual([]);
  });

  it('does not tell what it has executed once the lease has run out: others may have answered meanwhile', async () => {
    const release: (() => void)[] = [];
    services.add('echo', {
      handlers: { echo: () => new Promise<void>((resolve) => void release.push(resolve)) },
    });
    contested();
    const read = answer(key(1, { budget: 10_000, repeatable: true }));
    const write = answer(request(2, { target: { kind: 'key', hash: 1 }, budget: 10_000 }));
    await clock.advance(2_000);
    for (const end of release) end();
    expect(await settled(read)).toMatchObject({ kind: 'wrongOwner' });
    expect(await settled(write)).toMatchObject({ kind: 'refused', code: 'UNKNOWN_OUTCOME' });
  });
});

describe('a reply that tells of what others have copies of', () => {
  /** `b` has a copy of partition 1 that acknowledges what it is told once it is let. */
  async function copied(): Promise<(() => void)[]> {
    follow(join(view!, [member('b')], balanced()));
    send = async () => [];
    openEcho();
    const outflow = replication.to(memberOf(view!, 'b')!)!;
    await clock.run(outflow.copy([1], 'backed'));
    follow(changeBackups(view!, new Map([[1, ['b']]])));
    const acknowledge: (() => void)[] = [];
    send = () => new Promise((resolve) => void acknowledge.push(() => resolve([])));
    services.add('store', {
      handlers: {
        put: () => replication.changed('store', 1, ['value']),
        get: () => 'value',
      },
    });
    return acknowledge;
  }

  const put = key(1, { service: 'store', handler: 'put' });
  const get = request(2, {
    target: { kind: 'key', hash: 1 },
    service: 'store',
    handler: 'get',
    repeatable: true,
  });

  it('leaves once they have it, a read that could have observed it as well', async () => {
    const acknowledge = await copied();
    expect(answer(get)).toMatchObject({ kind: 'result' });
    let left = 0;
    const replies = [answer(put), answer(get)].map(async (reply) => {
      await reply;
      left += 1;
    });
    await clock.advance(500);
    expect(left).toBe(0);
    for (const end of acknowledge) end();
    await clock.run(Promise.all(replies));
    expect(clock.now()).toBeLessThan(600);
  });

  it('has an unknown outcome if they do not answer in time; what may be repeated was merely late', async () => {
    await copied();
    const replies = [answer(put), answer(get)];
    expect(await clock.run(Promise.all(replies))).toMatchObject([
      { kind: 'refused', code: 'UNKNOWN_OUTCOME' },
      { kind: 'refused', code: 'TIMEOUT' },
    ]);
  });

  it('tells the copies in one unit what was changed and that the call was executed', async () => {
    const units: unknown[] = [];
    await copied();
    const forward = send;
    send = (to, message) => {
      units.push(...message.units);
      return forward(to, message);
    };
    void answer(put);
    expect(units).toEqual([
      [
        ['store', 1, ['value']],
        ['$calls', 1, ['result', 4_000, 'b-1', 1, expect.any(Uint8Array)]],
      ],
    ]);
  });
});
