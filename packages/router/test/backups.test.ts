import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BackupPlan } from '../src/backup-plan.ts';
import { type JoinOptions, join, type RoutedNode, type View, type ViewStore } from '../src/index.ts';
import { planMoves } from '../src/plan.ts';
import { balanced } from '../src/routers/balanced.ts';
import { TestCluster } from '../src/testing/index.ts';
import { box } from './box.ts';

const partitions = 16;
const router = balanced();
const every = Array.from({ length: partitions }, (_, hash) => hash);

let cluster: TestCluster;
beforeEach(() => {
  cluster = new TestCluster({ seed: 41 });
});
afterEach(async () => {
  // What is stopped cannot leave.
  for (const { id } of cluster.nodes) cluster.resume(id);
  await cluster.close();
});

async function add(id: string, more: Partial<JoinOptions> = {}): Promise<RoutedNode> {
  const node = await cluster.join(id, { partitions, ...more });
  await cluster.run(node.open('box', box(node)));
  return node;
}

async function start(
  ids: readonly string[],
  more: Partial<JoinOptions> = { backups: 1 },
): Promise<RoutedNode[]> {
  const nodes: RoutedNode[] = [];
  for (const id of ids) nodes.push(await add(id, more));
  for (const node of nodes) await cluster.run(node.ready());
  await copied(nodes[0]!);
  return nodes;
}

/** Lets time pass until the copies are where they are to be, and answers with how long that took. */
async function copied(node: RoutedNode, limit = 20_000): Promise<number> {
  const began = cluster.clock.now();
  for (;;) {
    const { underReplicated, moving, unowned } = node.status();
    if (underReplicated + moving + unowned === 0 && inPlace(node.view)) return cluster.clock.now() - began;
    if (cluster.clock.now() - began > limit) expect.fail(`${underReplicated} copies are missing`);
    await cluster.clock.advance(5);
  }
}

function inPlace(view: View): boolean {
  const plan = new BackupPlan(view);
  return every.every((hash) => view.backups[hash]!.toSorted().join() === plan.wanted(hash).toSorted().join());
}

function put(node: RoutedNode, hash: number, value: unknown, timeout = 20_000): Promise<unknown> {
  return node.dispatch.call(hash, { service: 'box', handler: 'put', args: [value], timeout });
}

function fill(node: RoutedNode, word = 'of'): Promise<unknown> {
  return cluster.run(Promise.all(every.map((hash) => put(node, hash, `${word} ${hash}`))));
}

function found(node: RoutedNode): Promise<unknown[]> {
  const get = { service: 'box', handler: 'get', args: [], repeatable: true, timeout: 20_000 };
  return cluster.run(Promise.all(every.map((hash) => node.dispatch.call(hash, get))));
}

const filled = (word = 'of'): string[] => every.map((hash) => `${word} ${hash}`);

/** Each partition has as many copies as there are to be, at others than its owner. */
function checkCopies(node: RoutedNode, count: number): void {
  const { owners, backups } = node.view;
  for (const hash of every) {
    expect(backups[hash]).toHaveLength(count);
    expect(backups[hash]).not.toContain(owners[hash]);
  }
}

describe('a cluster with backups', () => {
  it('has as many copies of everything as it can, as nodes come', async () => {
    const a = await add('a', { backups: 1 });
    expect(a.status()).toMatchObject({ underReplicated: 0 });
    await fill(a);
    for (const [index, id] of ['b', 'c', 'd'].entries()) {
      const node = await add(id);
      await cluster.run(node.ready());
      await copied(a);
      checkCopies(a, 1);
      const { members } = a.status();
      expect(members.map(({ backups }) => backups).reduce((sum, each) => sum + each)).toBe(partitions);
      expect(members).toHaveLength(index + 2);
      expect(await found(node)).toEqual(filled());
    }
  });

  it('moves partitions to who joins before it puts copies elsewhere that there are enough of', async () => {
    const [a] = await start(['a', 'b']);
    const views: View[] = [a!.view];
    a!.on('view', (view) => views.push(view));
    const c = await add('c');
    await cluster.run(c.ready());
    await copied(a!);
    await cluster.clock.advance(5_000);
    const settled = views.findLastIndex((view) => planMoves(view, router).length > 0);
    let [early, late] = [0, 0];
    for (const [n, { backups, owners }] of views.entries()) {
      const before = views[n - 1] ?? views[0]!;
      for (const hash of every) {
        if (
          owners[hash] !== before.owners[hash] ||
          backups[hash]!.every((id) => before.backups[hash]!.includes(id))
        )
          continue;
        if (n > settled + 1) late += 1;
        else early += 1;
      }
    }
    expect(early).toBe(0);
    expect(late).toBeGreaterThan(0);
    checkCopies(a!, 1);
  });

  it('has two copies of everything if that is wanted', async () => {
    const [a] = await start(['a', 'b', 'c', 'd'], { backups: 2 });
    checkCopies(a!, 2);
  });

  it('loses nothing acknowledged when any one node is killed, again and again', async () => {
    const nodes = await start(['a', 'b', 'c', 'd']);
    for (const [index, { id }] of nodes.slice(0, 3).entries()) {
      const survivor = nodes[3]!;
      await fill(survivor, `round ${index}`);
      cluster.crash(id);
      expect(await found(survivor)).toEqual(filled(`round ${index}`));
      await copied(survivor);
      checkCopies(survivor, index === 2 ? 0 : 1);
    }
  });

  // The first death that is noticed promotes a copy that is dead as well, and the copy that lives leaves the set.
  it('loses nothing acknowledged with two copies when two are killed at once', async () => {
    const nodes = await start(['a', 'b', 'c', 'd'], { backups: 2 });
    await fill(nodes[3]!);
    cluster.crash('a');
    cluster.crash('b');
    expect(await found(nodes[3]!)).toEqual(filled());
  });

  it('loses nothing when a silent node is taken over', async () => {
    const [a] = await start(['a', 'b', 'c']);
    await fill(a!);
    cluster.pause('c');
    await cluster.clock.advance(3_600);
    expect(await found(a!)).toEqual(filled());
    await copied(a!);
    checkCopies(a!, 1);
  });

  it('keeps what each call did as it was acknowledged, whenever its owner is killed', async () => {
    for (let at = 0; at < 12; at += 1) {
      const fresh = new TestCluster({ seed: 100 + at });
      cluster = fresh;
      const [a, , c] = await start(['a', 'b', 'c']);
      const victim = a!.view.owners.indexOf('b');
      let acknowledged = 0;
      let last = 0;
      const writing = (async (): Promise<void> => {
        for (let n = 1; n <= 40; n += 1) {
          last = n;
          await put(c!, victim, n);
          acknowledged = n;
        }
      })().catch(() => {});
      await fresh.clock.advance(3 + at * 2.7);
      fresh.crash('b');
      const sure = acknowledged;
      await fresh.clock.advance(1);
      const read = c!.dispatch.call(victim, { service: 'box', handler: 'get', args: [], repeatable: true });
      const value = Number(await fresh.run(read));
      expect(value).toBeGreaterThanOrEqual(sure);
      expect(value).toBeLessThanOrEqual(last);
      await fresh.run(writing);
      if (at < 11) await fresh.close();
    }
  });

  it('hands everything over when a node leaves, copies as well, and then it may stop', async () => {
    const [a, b] = await start(['a', 'b', 'c']);
    await fill(a!);
    expect(b!.safeToStop()).toBe(false);
    const report = await cluster.run(b!.leave());
    expect(report.lost).toBe(0);
    expect(b!.safeToStop()).toBe(true);
    expect(await found(a!)).toEqual(filled());
    await copied(a!);
    checkCopies(a!, 1);
    await cluster.run(cluster.nodes.find(({ id }) => id === 'c')!.leave());
    expect(await found(a!)).toEqual(filled());
    checkCopies(a!, 0);
  });

  it('loses nothing with a node that leaves at once', async () => {
    const [a, b] = await start(['a', 'b', 'c']);
    await fill(a!);
    expect(await cluster.run(b!.leave({ within: 0 }))).toMatchObject({ lost: 0 });
    expect(await found(a!)).toEqual(filled());
  });

  it('does not copy what is not to be backed up', async () => {
    const nodes = await start(['a', 'b']);
    for (const node of nodes)
      await cluster.run(node.open('scratch', { ...box(node, 'scratch'), backed: false }));
    await copied(nodes[0]!);
    const call = (handler: string, ...args: unknown[]) =>
      nodes[0]!.dispatch.call(nodes[0]!.view.owners.indexOf('b'), { service: 'scratch', handler, args });
    await cluster.run(call('put', 1));
    await cluster.clock.advance(100);
    cluster.crash('b');
    expect(await cluster.run(call('get'))).toBeUndefined();
  });

  it('goes on after an outage of the store', async () => {
    const [a] = await start(['a', 'b', 'c']);
    cluster.store.outage = true;
    await fill(a!);
    await cluster.clock.advance(10_000);
    await fill(a!, 'later');
    cluster.store.outage = false;
    cluster.crash('b');
    expect(await found(a!)).toEqual(filled('later'));
  });
});

describe('a backup that stops answering', () => {
  it('is taken out of the view, and writes that waited for it go on', async () => {
    const [a, b] = await start(['a', 'b', 'c']);
    const hash = every.find((each) => a!.view.owners[each] === 'a' && a!.view.backups[each]!.includes('b'))!;
    // It hears, and is heard by c, so it is not removed; but what a sends is not acknowledged to a.
    cluster.network.block('b', 'a');
    const began = cluster.clock.now();
    await cluster.run(put(a!, hash, 'new'));
    expect(cluster.clock.now() - began).toBeGreaterThan(1_000);
    expect(cluster.clock.now() - began).toBeLessThan(10_000);
    expect(a!.view.members).toHaveLength(3);
    expect(a!.view.backups[hash]).not.toContain('b');
    const quick = cluster.clock.now();
    await cluster.run(put(a!, hash, 'newer'));
    expect(cluster.clock.now() - quick).toBeLessThan(50);
    cluster.network.unblock('b', 'a');
    await copied(a!);
    checkCopies(a!, 1);
    cluster.crash('a');
    const get = b!.dispatch.call(hash, { service: 'box', handler: 'get', args: [], repeatable: true });
    expect(await cluster.run(get)).toBe('newer');
  });

  it('and is killed then holds nobody up', async () => {
    const [a] = await start(['a', 'b', 'c']);
    cluster.crash('b');
    const began = cluster.clock.now();
    await fill(a!);
    expect(cluster.clock.now() - began).toBeLessThan(500);
    expect(await found(a!)).toEqual(filled());
  });
});

describe('the number of backups', () => {
  it('is settled by the founder; another one is refused, and none means that one', async () => {
    const a = await cluster.join('a', { partitions, backups: 1 });
    for (const backups of [0, 2]) {
      const joining = join(cluster.options('b', { backups, joinTimeout: 2_000 }));
      await expect(cluster.run(joining)).rejects.toMatchObject({
        code: 'CONFIG_MISMATCH',
        message: `backups: this cluster was founded with 1; ${backups} contradicts that`,
      });
    }
    await cluster.join('b', { backups: 1 });
    await cluster.join('c');
    expect(a.view).toMatchObject({ redundancy: 1 });
    expect(a.view.members).toHaveLength(3);
    await expect(async () => join(cluster.options('d', { backups: 3 }))).rejects.toMatchObject({
      code: 'INVALID_OPTION',
    });
  });
});

describe('answers that are large', () => {
  // The log of calls tells them to the copies, and their bytes are not counted when a message is filled.
  it('do not cost the copies of what they told of', async () => {
    const limits = { frame: 200_000 };
    const nodes = await start(['a', 'b', 'c'], { backups: 1, limits });
    const take = (): string => 'x'.repeat(20_000);
    for (const node of nodes) await cluster.run(node.open('large', { handlers: { take } }));
    await copied(nodes[0]!);
    const hash = nodes[0]!.view.owners.indexOf('a');
    const calls = Array.from({ length: 200 }, () =>
      nodes[1]!.dispatch.call(hash, { service: 'large', handler: 'take', args: [] }),
    );
    await cluster.run(Promise.all(calls));
    await cluster.clock.advance(1_000);
    expect(nodes[0]!.status().underReplicated).toBe(0);
  });
});

describe('a copy whose publication is in doubt', () => {
  // A hand-over to the same node fails meanwhile and closes the copies that the view, as far as it is known, does not name.
  it('is kept until it is known whether the view names it', async () => {
    const store = withholding(cluster.store.open());
    const a = await add('a', { backups: 1, store, settle: 100 });
    await fill(a);
    const others = cluster.store.open();
    const b = await cluster.join('b', { settle: 100, store: others });
    const errors: Error[] = [];
    b.on('error', (error) => errors.push(error));
    store.withhold = true;
    await cluster.run(b.open('box', box(b)));
    others.outage = true;
    const named = (): boolean => cluster.store.newest!.backups.some((ids) => ids.includes('b'));
    for (let step = 0; step < 1_000 && !named(); step += 1) await cluster.clock.advance(1);
    expect(named()).toBe(true);
    await cluster.clock.advance(2_000);
    cluster.crash('a');
    others.outage = false;
    await cluster.clock.advance(10_000);
    expect(errors).toEqual([]);
    expect(await found(b)).toEqual(filled());
  });
});

/** A store whose answers to `compareAndSet` do not come back for long. */
function withholding(store: ViewStore): ViewStore & { withhold: boolean } {
  const self = {
    ...store,
    withhold: false,
    async compareAndSet(expected: number, next: Parameters<ViewStore['compareAndSet']>[1]): Promise<boolean> {
      const done = await store.compareAndSet(expected, next);
      if (self.withhold) await new Promise<void>((resolve) => void cluster.clock.after(60_000, resolve));
      return done;
    },
    read: () => (self.withhold ? Promise.reject(new Error('out of reach')) : store.read()),
  };
  return self;
}
