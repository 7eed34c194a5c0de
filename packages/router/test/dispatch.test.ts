import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Encoded } from '../src/encoded.ts';
import type { Call } from '../src/journey.ts';
import type { RoutedNode } from '../src/node.ts';
import type { Part, PartialResultError } from '../src/partial-result.ts';
import { Reconsider } from '../src/serve.ts';
import type { CallContext } from '../src/services.ts';
import { TestCluster } from '../src/testing/index.ts';
import { strays } from './links.ts';

let cluster: TestCluster;
let a: RoutedNode;
let b: RoutedNode;
/** Which node executed what, in order. */
let executed: string[];
/** Ends the handlers named `hold`. */
let release: (() => void)[];
beforeEach(() => {
  cluster = new TestCluster({ seed: 11 });
  executed = [];
  release = [];
});
afterEach(() => cluster.close());

function open(node: RoutedNode): Promise<void> {
  return node.open('work', {
    handlers: {
      note: (_context: CallContext, what: unknown) => {
        executed.push(`${node.id}:${String(what)}`);
        return [node.id, what];
      },
      hold: async (_context: CallContext, what: unknown) => {
        executed.push(`${node.id}:${String(what)}`);
        await new Promise<void>((resolve) => release.push(resolve));
        return node.id;
      },
      fail: () => {
        throw Object.assign(new TypeError('no'), { code: 'E_NO' });
      },
      list: ({ partitions }: CallContext) => {
        executed.push(node.id);
        return [...partitions];
      },
      bad: () => () => 1,
    },
  });
}

async function pair(strict = false): Promise<void> {
  a = await cluster.join('a', { partitions: 16, strict });
  b = await cluster.join('b', { strict });
  for (const node of [a, b]) await cluster.run(open(node));
  for (const node of [a, b]) await cluster.run(node.ready());
  await cluster.clock.advance(20);
}

function work(handler: string, ...args: unknown[]): Call {
  return { service: 'work', handler, args };
}

/** A hash whose partition `node` owns. */
function hashOf(node: RoutedNode): number {
  return a.view.owners.indexOf(node.id);
}

describe('a service', () => {
  it('hears of calls that may change something as they begin and before they are answered', async () => {
    await pair();
    const heard: unknown[] = [];
    await cluster.run(
      a.open('heard', {
        handlers: { note: () => 1 },
        changing: (handler, target) =>
          heard.push([handler, typeof target === 'number' ? target : [...target].length]),
      }),
    );
    await cluster.run(b.open('heard', { handlers: { note: () => 1 } }));
    const call = { service: 'heard', handler: 'note', args: [] };
    for (const hash of [hashOf(a), hashOf(b)]) {
      const answer = a.dispatch.call(hash, { ...call, finish: () => heard.length });
      expect(heard.splice(0)).toEqual(
        hash === hashOf(a)
          ? [
              ['note', hash],
              ['note', hash],
            ]
          : [['note', hash]],
      );
      await cluster.run(answer);
      heard.length = 0;
      await cluster.run(a.dispatch.call(hash, { ...call, reads: true }));
    }
    await cluster.run(a.dispatch.callAll(call));
    await cluster.run(a.dispatch.callAll(call, { partitions: [1, 2], args: () => [] }));
    await cluster.run(a.dispatch.callAll({ ...call, reads: true }));
    expect(heard).toEqual([16, 16, 2, 2].map((partitions) => ['note', partitions]));
  });

  it('tells a caller over its link, in order with the notes beside its answers', async () => {
    await pair();
    const order: unknown[] = [];
    let link: CallContext['link'];
    const handlers = {
      read: (context: CallContext) => {
        link = context.link;
        if (context.link !== undefined) context.note = context.hint * 10;
        context.link?.tell('told', context.hash);
        return 'value';
      },
    };
    await cluster.run(b.open('told', { handlers }));
    await cluster.run(
      a.open('told', {
        handlers,
        noticed: (from, hashes) => order.push(['noticed', from, ...hashes]),
        parted: (from) => order.push(['parted', from]),
      }),
    );
    const finish = (...answer: unknown[]): unknown => order.push(answer);
    const hash = hashOf(b);
    const read = { service: 'told', handler: 'read', args: [], repeatable: true, finish };
    await cluster.run(a.dispatch.call(hash, { ...read, hint: 3 }));
    await cluster.clock.advance(5);
    expect(order.splice(0)).toEqual([
      ['value', 30, 'b'],
      ['noticed', 'b', hash],
    ]);
    cluster.network.cut('a', 'b');
    cluster.network.heal('a', 'b');
    await cluster.clock.advance(100);
    expect(order.splice(0)).toEqual([['parted', 'b']]);
    expect(link!.open).toBe(false);
    await cluster.run(a.dispatch.call(hashOf(a), read));
    expect(order).toEqual([['value']]);
  });
});

describe('a call to the owner of a key', () => {
  it('is executed there once, and answers what the handler answered or threw', async () => {
    await pair();
    for (const owner of [a, b]) {
      for (const caller of [a, b]) {
        executed.length = 0;
        const answer = cluster.run(caller.dispatch.call(hashOf(owner), work('note', 1)));
        expect(await answer).toEqual([owner.id, 1]);
        expect(executed).toEqual([`${owner.id}:1`]);
        await expect(cluster.run(caller.dispatch.call(hashOf(owner), work('fail')))).rejects.toMatchObject({
          name: 'TypeError',
          message: 'no',
          code: 'E_NO',
        });
        await expect(cluster.run(caller.dispatch.call(hashOf(owner), work('none')))).rejects.toMatchObject({
          code: 'UNKNOWN_HANDLER',
          message: `node ${owner.id} has no handler 'none' in 'work'`,
        });
      }
    }
  });

  it('takes any 32-bit hash, signed or not', async () => {
    await pair();
    for (const hash of [-1, 2 ** 32 - 1, 2 ** 31, -(2 ** 31)]) {
      const owner = a.view.owners[hash & 15];
      expect(await cluster.run(a.dispatch.call(hash, work('note', hash)))).toEqual([owner, hash]);
    }
  });

  it('refuses names and times that make no sense, before anything is sent', async () => {
    await pair();
    for (const call of [
      { ...work('note'), timeout: Number.NaN },
      { ...work('note'), timeout: 0 },
      work('x'.repeat(256)),
      { ...work('note'), service: 'ü'.repeat(200) },
    ]) {
      await expect(a.dispatch.call(hashOf(b), call)).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    }
    await expect(
      cluster.run(
        a.dispatch.call(
          hashOf(b),
          work('note', () => 1),
        ),
      ),
    ).rejects.toMatchObject({
      code: 'NOT_SERIALIZABLE',
    });
    expect(executed).toEqual([]);
  });

  it('follows the partition to its new owner when the old one has died', async () => {
    await pair();
    const hash = hashOf(b);
    cluster.crash('b');
    await cluster.clock.advance(5);
    expect(await cluster.run(a.dispatch.call(hash, work('note', 1)))).toEqual(['a', 1]);
    expect(executed).toEqual(['a:1']);
  });

  it('is not executed again when it may have been: UNKNOWN_OUTCOME', async () => {
    await pair();
    const call = a.dispatch.call(hashOf(b), work('hold', 1));
    await cluster.clock.advance(10);
    expect(executed).toEqual(['b:1']);
    cluster.crash('b');
    await expect(cluster.run(call)).rejects.toMatchObject({ code: 'UNKNOWN_OUTCOME' });
    expect(executed).toEqual(['b:1']);
  });

  it('is answered once, however often its answer is lost', async () => {
    await pair();
    for (let round = 0; round < 5; round += 1) {
      executed.length = 0;
      const call = a.dispatch.call(hashOf(b), work('hold', round));
      for (let lost = 0; lost < 3; lost += 1) {
        await cluster.clock.advance(50);
        cluster.network.cut('a', 'b');
        await cluster.clock.advance(20);
        cluster.network.heal('a', 'b');
      }
      await cluster.clock.advance(1_000);
      for (const end of release.splice(0)) end();
      expect(await cluster.run(call)).toBe('b');
      expect(executed).toEqual([`b:${round}`]);
    }
  });

  it('is remembered by whoever is given the partition', async () => {
    await pair();
    const hash = hashOf(b);
    let cut = false;
    const call = a.dispatch.call(hash, work('note', 1));
    while (!cut) {
      await cluster.clock.advance(0.1);
      if (executed.length > 0) {
        cluster.network.cut('a', 'b');
        cut = true;
      }
    }
    const c = await cluster.join('c');
    await cluster.run(open(c));
    await cluster.clock.advance(10);
    cluster.network.heal('a', 'b');
    await cluster.run(b.leave());
    expect(await cluster.run(call)).toEqual(['b', 1]);
    expect(executed).toEqual(['b:1']);
  });

  // It is told that it was not executed, which is true of the second attempt alone.
  it('has an unknown outcome when it may have happened and cannot be asked for any more', async () => {
    a = await cluster.join('a', { partitions: 16, limits: { inFlight: 1 } });
    b = await cluster.join('b');
    for (const node of [a, b]) await cluster.run(open(node));
    for (const node of [a, b]) await cluster.run(node.ready());
    await cluster.clock.advance(1_000);
    const call = a.dispatch.call(hashOf(b), work('hold', 1));
    const outcome = call.catch((error: { code: string }) => error.code);
    await cluster.clock.advance(10);
    expect(executed).toEqual(['b:1']);
    // The link breaks, and another cannot be made for a while; meanwhile another call waits for it.
    cluster.network.cut('a', 'b');
    cluster.network.heal('a', 'b');
    cluster.network.block('a', 'b');
    await cluster.clock.advance(0.5);
    const other = a.dispatch.callNode('b', work('note', 2)).catch(() => {});
    expect(await cluster.run(outcome)).toBe('UNKNOWN_OUTCOME');
    cluster.network.unblock('a', 'b');
    await cluster.run(other);
  });

  // The log that has moved says that it was begun, and what forgot it was not told.
  it('goes on at the new owner when it waited at the old one and nothing of it was done', async () => {
    await pair();
    let moved: (error: Error) => void = () => {};
    const service = (node: RoutedNode) => ({
      handlers: {
        wait: async () => {
          if (node.id === 'a') return 'a';
          return new Promise((_resolve, reject) => {
            moved = reject;
          });
        },
      },
    });
    for (const node of [a, b]) await cluster.run(node.open('queue', service(node)));
    await cluster.clock.advance(100);
    const call = a.dispatch.call(hashOf(b), { service: 'queue', handler: 'wait', args: [], timeout: 30_000 });
    await cluster.clock.advance(10);
    const leaving = b.leave({ within: 1_000 });
    while (b.view.owners.includes('b')) await cluster.clock.advance(1);
    moved(new Reconsider('what it waited for has moved'));
    expect(await cluster.run(call)).toBe('a');
    await cluster.run(leaving);
  });

  it('is executed again when that is harmless', async () => {
    await pair();
    const call = a.dispatch.call(hashOf(b), { ...work('hold', 1), repeatable: true });
    await cluster.clock.advance(10);
    cluster.crash('b');
    await cluster.clock.advance(50);
    for (const end of release.splice(0)) end();
    expect(await cluster.run(call)).toBe('a');
    expect(executed).toEqual(['b:1', 'a:1']);
  });

  it('tells at its deadline whether anything may have happened', async () => {
    await pair();
    for (const owner of [a, b]) {
      const write = a.dispatch.call(hashOf(owner), { ...work('hold', 1), timeout: 100 });
      await expect(cluster.run(write)).rejects.toMatchObject({ code: 'UNKNOWN_OUTCOME' });
      const read = a.dispatch.call(hashOf(owner), { ...work('hold', 1), timeout: 100, repeatable: true });
      await expect(cluster.run(read)).rejects.toMatchObject({ code: 'TIMEOUT' });
    }
  });

  it('is refused when too many wait for an owner, and waits when one of them has ended', async () => {
    a = await cluster.join('a', { weight: 0, limits: { inFlight: 3 } });
    await cluster.run(open(a));
    const outcomes: unknown[] = [];
    const ask = (n: number): void => {
      const call = a.dispatch.call(n, { ...work('note', n), timeout: n * 1_000 });
      call.catch((error) => outcomes.push([n, error.code]));
    };
    for (const n of [1, 2, 3, 4, 5]) ask(n);
    await cluster.clock.advance(500);
    expect(outcomes.splice(0)).toEqual([
      [4, 'OVERLOADED'],
      [5, 'OVERLOADED'],
    ]);
    await cluster.clock.advance(600);
    ask(6);
    await cluster.clock.advance(500);
    expect(outcomes.splice(0)).toEqual([[1, 'TIMEOUT']]);
    await cluster.clock.advance(6_000);
    expect(outcomes.splice(0)).toEqual([2, 3, 6].map((n) => [n, 'TIMEOUT']));
  });

  it('rejects with the reason of its signal, before it begins and while it is under way', async () => {
    await pair();
    const reason = new Error('changed my mind');
    const before = a.dispatch.call(hashOf(b), { ...work('note', 1), signal: AbortSignal.abort(reason) });
    await expect(before).rejects.toBe(reason);
    expect(executed).toEqual([]);
    for (const owner of [a, b]) {
      const controller = new AbortController();
      const call = a.dispatch.call(hashOf(owner), { ...work('hold', 1), signal: controller.signal });
      const outcome = expect(call).rejects.toBe(reason);
      await cluster.clock.advance(10);
      controller.abort(reason);
      await outcome;
    }
    const stray = await strays(async () => {
      for (const end of release.splice(0)) end();
      await cluster.clock.advance(50);
    });
    expect(stray).toEqual([]);
  });

  it('is rejected when its node is closed, and later ones at once', async () => {
    await pair();
    // It is waited for, but not for as long as this one may take.
    const call = a.dispatch.call(hashOf(b), { ...work('hold', 1), repeatable: true, timeout: 60_000 });
    const outcome = expect(call).rejects.toMatchObject({ code: 'CLOSED' });
    await cluster.clock.advance(10);
    await cluster.run(a.close());
    await cluster.run(outcome);
    await expect(a.dispatch.call(0, work('note'))).rejects.toMatchObject({ code: 'CLOSED' });
  });
});

describe('a call to one node', () => {
  it('is not sent anywhere else', async () => {
    await pair();
    expect(await cluster.run(a.dispatch.callNode('b', work('note', 1)))).toEqual(['b', 1]);
    await expect(a.dispatch.callNode('c', work('note', 1))).rejects.toMatchObject({ code: 'NODE_DOWN' });
    const call = a.dispatch.callNode('b', work('hold', 2));
    await cluster.clock.advance(10);
    cluster.crash('b');
    await expect(cluster.run(call)).rejects.toMatchObject({ code: 'UNKNOWN_OUTCOME' });
    expect(executed).toEqual(['b:1', 'b:2']);
  });
});

describe('a call to all partitions', () => {
  function covered(parts: readonly Part<unknown>[]): number[] {
    return parts.flatMap((part) => [...part.covered]).sort((x, y) => x - y);
  }
  const all = Array.from({ length: 16 }, (_, partition) => partition);

  it('is executed once for each of them', async () => {
    await pair();
    const parts = await cluster.run(a.dispatch.callAll<number[]>(work('list')));
    expect(covered(parts)).toEqual(all);
    for (const part of parts) expect(part.value).toEqual([...part.covered]);
    expect(executed.sort()).toEqual(['a', 'b']);
  });

  it('covers each partition once while they move', async () => {
    await pair();
    const calls = [a, b].flatMap((node) => Array.from({ length: 3 }, () => node));
    const joining = cluster.join('c');
    for (let round = 0; round < 30; round += 1) {
      const answers = Promise.all(calls.map((node) => node.dispatch.callAll<number[]>(work('list'))));
      for (const parts of await cluster.run(answers)) {
        expect(covered(parts)).toEqual(all);
        expect(parts.flatMap(({ value }) => value).sort((x, y) => x - y)).toEqual(all);
      }
      await cluster.clock.advance(3);
      const c = cluster.nodes[2];
      if (round === 10) await cluster.run(open(await joining));
      if (round === 20) await cluster.run(c!.close());
    }
  });

  it('asks the owners of some partitions alone, each with arguments of its own', async () => {
    await pair();
    const [mine] = all.filter((partition) => a.view.owners[partition] === 'a');
    const [theirs, others] = all.filter((partition) => a.view.owners[partition] === 'b');
    const share = (...partitions: number[]) => ({
      partitions,
      args: (set: Iterable<number>) => [[...set].join()],
    });
    const parts = await cluster.run(a.dispatch.callAll(work('note'), share(mine!, theirs!, others!)));
    expect(covered(parts)).toEqual([mine!, theirs!, others!].sort((x, y) => x - y));
    expect(executed.sort()).toEqual([`a:${mine}`, `b:${[theirs!, others!].join()}`]);
    expect(await cluster.run(a.dispatch.callAll(work('note'), share()))).toEqual([]);
  });

  it.each([
    ['doubtful if they may have executed what must not be repeated', false, true],
    ['not doubtful if that would do no harm', true, false],
  ])('is %s', async (_what, repeatable, doubtful) => {
    await pair();
    const call = a.dispatch.callAll({ ...work('hold'), repeatable, timeout: 200 });
    await expect(cluster.run(call)).rejects.toMatchObject({ code: 'PARTIAL_RESULT', doubtful });
  });

  it('says which partitions are missing at the deadline, and what the others answered', async () => {
    await pair();
    const theirs = all.filter((partition) => a.view.owners[partition] === 'b');
    await cluster.run(
      a.open('late', { handlers: { list: ({ partitions }: CallContext) => [...partitions] } }),
    );
    const call = a.dispatch.callAll({ service: 'late', handler: 'list', args: [], timeout: 200 });
    const error = (await cluster.run(call.catch((reason: unknown) => reason))) as PartialResultError<
      number[]
    >;
    expect(error).toMatchObject({ code: 'PARTIAL_RESULT', missing: theirs, epoch: a.view.epoch });
    expect(covered(error.parts)).toEqual(all.filter((partition) => !theirs.includes(partition)));
  });

  it('says so as well when it is this node that does not answer in time', async () => {
    await pair();
    await cluster.run(
      b.open('late', { handlers: { list: ({ partitions }: CallContext) => [...partitions] } }),
    );
    const call = a.dispatch.callAll({ service: 'late', handler: 'list', args: [], timeout: 200 });
    const mine = all.filter((partition) => a.view.owners[partition] === 'a');
    await expect(cluster.run(call)).rejects.toMatchObject({ code: 'PARTIAL_RESULT', missing: mine });
  });

  it('is rejected by what a handler threw', async () => {
    await pair();
    await expect(cluster.run(a.dispatch.callAll(work('fail')))).rejects.toMatchObject({ code: 'E_NO' });
  });
});

describe('a strict node', () => {
  it('passes arguments, answers and errors on as if they had travelled', async () => {
    a = await cluster.join('a', { partitions: 16, strict: true });
    const kept: unknown[] = [];
    await cluster.run(
      a.open('own', {
        handlers: {
          keep: (_context: CallContext, value: unknown) => {
            kept.push(value);
            return value;
          },
          fail: () => {
            throw Object.assign(new RangeError('no'), { hidden: () => 1, code: 'E' });
          },
          bad: () => () => 1,
        },
      }),
    );
    const value = { list: [1, new Map([['a', new Date(5)]])] };
    const answer = await cluster.run(a.dispatch.call(3, { service: 'own', handler: 'keep', args: [value] }));
    expect(answer).toEqual(value);
    expect(kept).toEqual([value]);
    expect(kept[0]).not.toBe(value);
    expect(answer).not.toBe(kept[0]);
    const failed = cluster.run(a.dispatch.call(3, { service: 'own', handler: 'fail', args: [] }));
    const error = (await failed.catch((reason: unknown) => reason)) as Error;
    expect(error).toBeInstanceOf(RangeError);
    expect(Object.keys(error)).toEqual(['code']);
    for (const call of [
      { service: 'own', handler: 'bad', args: [] },
      { service: 'own', handler: 'keep', args: [() => 1] },
    ]) {
      await expect(cluster.run(a.dispatch.call(3, call))).rejects.toMatchObject({ code: 'NOT_SERIALIZABLE' });
    }
  });
});

describe('a value that its owner cannot read', () => {
  it.each([false, true])(
    'fails who asked for it, and nothing else, also in another turn: %s',
    async (over) => {
      const a = await cluster.join('a', { partitions: 16 });
      await cluster.run(a.open('s', { handlers: { get: () => new Encoded('\xc1\xc1') } }));
      vi.spyOn(a.turns, 'over').mockReturnValue(over);
      const read = a.dispatch.call(1, {
        service: 's',
        handler: 'get',
        args: [],
        repeatable: true,
        open: true,
      });
      await expect(cluster.run(read)).rejects.toThrow('a token 193');
      await cluster.run(a.dispatch.idle(1_000));
      expect(cluster.clock.now()).toBeLessThan(1_000);
    },
  );
});
