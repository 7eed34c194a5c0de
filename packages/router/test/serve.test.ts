import { beforeEach, describe, expect, it } from 'vitest';
import { Codec } from '../src/codec.ts';
import type { Reply, Request } from '../src/frame.ts';
import { Ownership } from '../src/ownership.ts';
import { PartitionSet } from '../src/partition-set.ts';
import { allSafeguards } from '../src/safeguards.ts';
import { Serve } from '../src/serve.ts';
import { type CallContext, Services } from '../src/services.ts';
import { ManualClock } from '../src/testing/index.ts';
import { completeMoves, type View } from '../src/view.ts';
import { firstView } from './arbitraries.ts';
import { request, strays } from './links.ts';

const codec = new Codec();
let clock: ManualClock;
let ownership: Ownership;
let services: Services;
let serve: Serve;
let view: View | undefined;
let executed: unknown[];
beforeEach(() => {
  clock = new ManualClock();
  ownership = new Ownership('a');
  services = new Services(clock);
  executed = [];
  follow(firstView(8));
  serve = new Serve({
    self: 'a',
    clock,
    codec,
    ownership,
    services,
    safeguards: allSafeguards,
    partitions: () => {
      if (view === undefined) throw new Error('not joined');
      return view.owners.length;
    },
    epoch: () => view?.epoch ?? 0,
  });
});

const answer = (request: Request): Reply | Promise<Reply> => serve.answer(request, 'b');

function follow(next: View): void {
  view = next;
  ownership.view = next;
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
      const [value] = codec.decodeList(reply.value);
      const set = [...new PartitionSet(8, reply.covered)];
      expect(value ?? []).toEqual(set);
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
        if (reply.kind === 'thrown') expect(codec.decodeError(reply.error)).toBeInstanceOf(Error);
      }
    });
    expect(stray).toEqual([]);
  });

  it('throws on arguments and partitions that make no sense', () => {
    openEcho();
    expect(() => answer(key(1, { args: Buffer.of(1, 2, 3) }))).toThrow(RangeError);
    const target = { kind: 'partitions' as const, set: Buffer.alloc(3) };
    expect(() => answer(request(1, { target }))).toThrow(RangeError);
    expect(executed).toEqual([]);
  });
});
