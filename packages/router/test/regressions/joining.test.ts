import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { View } from '../../src/index.ts';
import { TestCluster } from '../../src/testing/index.ts';
import { memberOf } from '../../src/view.ts';
import { ask, box, ending, owned, until } from './kit.ts';

let cluster: TestCluster;
let views: View[];
beforeEach(() => {
  cluster = new TestCluster({ seed: 31 });
  views = [];
  cluster.store.stored = (view) => views.push(view);
});
afterEach(() => cluster.close());

/** The lives of a member, in the order of the views; `undefined`: it was not in the view. */
function lives(id: string): (string | undefined)[] {
  const all = views.map((view) => memberOf(view, id)?.incarnation);
  return all.filter((life, at) => at === 0 || life !== all[at - 1]);
}

describe('a node that comes under the id of one that is silent', () => {
  it('does not take its place while that is heard by others, and answers', async () => {
    const a = await cluster.join('a', { partitions: 8 });
    const b = await cluster.join('b');
    const c = await cluster.join('c');
    for (const node of [a, b, c]) await cluster.run(node.open('box', box(node)));
    await cluster.clock.advance(1_000);
    const [partition] = owned(b);
    for (const [one, other] of [
      ['a', 'b'],
      ['elsewhere', 'b'],
      ['elsewhere', 'c'],
    ] as const)
      cluster.network.cut(one, other);
    await cluster.clock.advance(4_000);
    const joining = cluster.enter('elsewhere', { id: 'b', joinTimeout: 10_000 });
    await expect(cluster.run(joining)).rejects.toMatchObject({ code: 'TIMEOUT' });
    expect(lives('b')).toEqual([undefined, b.incarnation]);
    await cluster.run(ask(c, partition!, 'put', { value: 'here' }));
    expect(b.owns(partition!)).toBe(true);
  });

  it('does not take its place before enough of the others have voted to remove that', async () => {
    const a = await cluster.join('a', { partitions: 8 });
    const b = await cluster.join('b');
    await cluster.join('c');
    await cluster.clock.advance(1_000);
    cluster.pause('b');
    cluster.pause('c');
    // Only a is asked: c will not know at once that it has missed something.
    cluster.network.cut('elsewhere', 'c');
    await cluster.clock.advance(5_000);
    const joining = cluster.enter('elsewhere', { id: 'b', joinTimeout: 60_000 });
    const end = ending(joining);
    await cluster.clock.advance(20_000);
    expect(end.state).toBe('open');
    expect(memberOf(a.view, 'b')!.incarnation).toBe(b.incarnation);
    cluster.resume('c');
    const second = await cluster.run(joining);
    cluster.network.heal('elsewhere', 'c');
    expect(lives('b')).toEqual([undefined, b.incarnation, undefined, second.incarnation]);
    cluster.resume('b');
    await cluster.clock.advance(1_000);
  });

  it('is let in at once where it listens at the address of that, which nobody else can', async () => {
    const a = await cluster.join('a', { partitions: 8, failureAfter: 60_000 });
    await cluster.join('b', { listen: 'memory:fixed', failureAfter: 60_000 });
    const first = memberOf(a.view, 'b')!.incarnation;
    await cluster.clock.advance(1_000);
    cluster.network.cut('a', 'b');
    cluster.crash('b');
    const began = cluster.clock.now();
    const second = await cluster.join('elsewhere', { id: 'b', listen: 'memory:fixed', failureAfter: 60_000 });
    expect(cluster.clock.now() - began).toBeLessThan(10_000);
    expect(lives('b')).toEqual([undefined, first, second.incarnation]);
    await until(cluster, () => memberOf(a.view, 'b')!.incarnation === second.incarnation);
  });
});

describe('a node that fails to join, and is in the view all the same', () => {
  it('does not hide its death when the view has changed before it could take itself out', async () => {
    const failureAfter = 60_000;
    const a = await cluster.join('a', { partitions: 8, failureAfter });
    const store = cluster.store.open();
    // It is let in, and never learns of it.
    cluster.store.stored = (view) => {
      if (memberOf(view, 'b') !== undefined) cluster.network.block('a', 'b');
    };
    const joining = cluster.enter('b', {
      failureAfter,
      joinTimeout: 3_000,
      store: {
        ...store,
        async compareAndSet(expected, next) {
          const other = cluster.store.open();
          const { epoch } = cluster.store.newest!;
          await other.compareAndSet(epoch, { ...cluster.store.newest!, epoch: epoch + 1 });
          return store.compareAndSet(expected, next);
        },
      },
    });
    await expect(cluster.run(joining)).rejects.toMatchObject({ code: 'TIMEOUT' });
    expect(memberOf(cluster.store.newest!, 'b')).toBeDefined();
    cluster.network.unblock('a', 'b');
    await cluster.clock.advance(5_000);
    expect(a.view.members.map(({ id }) => id)).toEqual(['a']);
  });
});
