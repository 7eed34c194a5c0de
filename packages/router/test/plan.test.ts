import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Build } from '../src/build.ts';
import { planMoves } from '../src/plan.ts';
import type { Router } from '../src/router.ts';
import { balanced } from '../src/routers/balanced.ts';
import { jump } from '../src/routers/jump.ts';
import { local } from '../src/routers/local.ts';
import { modulo } from '../src/routers/modulo.ts';
import { rendezvous } from '../src/routers/rendezvous.ts';
import { ring } from '../src/routers/ring.ts';
import { completeMoves, fail, found, join, type Member, open, reweigh, type View } from '../src/view.ts';
import { firstView, member, stepsOf, take } from './arbitraries.ts';

const router = balanced();
const routers = [balanced(), ring(), rendezvous(), jump(), modulo(), local()].map(
  (each) => [each.name, each] as const,
);
const draws = fc.infiniteStream(fc.nat());

function openEverywhere(view: View, name: string): View {
  return view.members.reduce((next, { id }) => open(next, id, name, {}, router), view);
}

/** Views as a cluster with that router comes to them, with nodes of these builds. */
function viewsOf(each: Router, ...builds: [Build | undefined, ...(Build | undefined)[]]): fc.Arbitrary<View> {
  return stepsOf(builds).map((list) =>
    list.reduce((view, step) => take(view, step, each), firstView(64, each)),
  );
}

/** Some of a list, at least one. */
function some<T>(list: readonly T[], draw: fc.Stream<number>): readonly T[] {
  const picked = list.filter(() => draw.next().value! % 3 === 0);
  return picked.length > 0 ? picked : list.slice(0, 1);
}

describe.each(routers)('moves that %s asks for', (_name, each) => {
  it('lead to what it wants in as many moves as were planned, in any batches in any order', () => {
    fc.assert(
      fc.property(viewsOf(each, undefined), draws, (start, draw) => {
        let view = ['users', 'carts', 'constructor', '__proto__'].reduce(openEverywhere, start);
        const planned = planMoves(view, each);
        const target = each.assign(view.members, view.owners.length, view.owners);
        for (let left = planned; left.length > 0; ) {
          const batch = some(left, draw);
          for (const move of batch) expect(view.owners[move.partition]).toBe(move.from);
          view = completeMoves(view, batch.toReversed());
          left = left.filter((move) => !batch.includes(move));
          expect(planMoves(view, each)).toEqual(left);
        }
        if (target[0] !== null) expect(view.owners).toEqual(target);
      }),
    );
  });

  it('never lead a partition back, whoever has yet to open something, is to be emptied, or is of another build', () => {
    fc.assert(
      fc.property(viewsOf(each, undefined, 1, 2), draws, (start, draw) => {
        let view = start;
        const been = view.owners.map((owner) => [owner]);
        for (let planned = planMoves(view, each); planned.length > 0; planned = planMoves(view, each)) {
          const batch = some(planned, draw);
          for (const { partition, to } of batch) {
            expect(been[partition]).not.toContain(to);
            been[partition]!.push(to);
          }
          view = completeMoves(view, batch);
        }
      }),
    );
  });

  it('empty whoever has the weight 0, if anybody can take what it has', () => {
    fc.assert(
      fc.property(
        viewsOf(each, undefined, 1, 2),
        fc.constantFrom('a', 'b', 'c'),
        draws,
        (start, id, draw) => {
          let view = reweigh(openEverywhere(start, 'users'), id, 0, each);
          view = ['carts', 'constructor', '__proto__'].reduce(openEverywhere, view);
          for (let planned = planMoves(view, each); planned.length > 0; planned = planMoves(view, each))
            view = completeMoves(view, some(planned, draw));
          if (view.members.some(({ weight }) => weight > 0)) expect(view.owners).not.toContain(id);
        },
      ),
    );
  });
});

describe('planMoves', () => {
  it('gives nothing to a member that has yet to open something, and takes nothing from it for that', () => {
    let view = open(firstView(8), 'a', 'users', {}, router);
    view = join(view, [member('b')], router);
    expect(planMoves(view, router)).toEqual([]);
    view = open(view, 'b', 'users', {}, router);
    view = completeMoves(view, planMoves(view, router));
    expect(view.owners.filter((owner) => owner === 'b')).toHaveLength(4);
    view = open(view, 'a', 'carts', {}, router);
    expect(planMoves(view, router)).toEqual([]);
  });
});

const partitions = 4096;

/** A cluster in which somebody counts how often each partition moves. */
class Deploy {
  readonly router: Router;
  view: View;
  readonly moves: number[] = new Array(partitions).fill(0);

  constructor(each: Router, build: Build | undefined, ...ids: readonly string[]) {
    this.router = each;
    const [founder, ...others] = ids.map((id) => this.#member(id, build));
    this.view = join(found('birth', 1, partitions, founder!, each), others, each);
    this.settle();
    this.moves.fill(0);
  }

  join(build: Build | undefined, ...ids: readonly string[]): this {
    this.view = join(
      this.view,
      ids.map((id) => this.#member(id, build)),
      this.router,
    );
    return this.settle();
  }

  leave(id: string): this {
    this.view = reweigh(this.view, id, 0, this.router);
    this.settle();
    expect(this.owned(id)).toBe(0);
    this.view = fail(this.view, [id], this.router);
    return this.settle();
  }

  settle(): this {
    for (let planned = planMoves(this.view, this.router); planned.length > 0; ) {
      for (const { partition } of planned) this.moves[partition]! += 1;
      this.view = completeMoves(this.view, planned);
      planned = planMoves(this.view, this.router);
    }
    return this;
  }

  owned(id: string): number {
    return this.view.owners.filter((owner) => owner === id).length;
  }

  get shares(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.view.members.map(({ id }) => [id, this.owned(id)]));
  }

  get moved(): number {
    return this.moves.reduce((sum, count) => sum + count);
  }

  #member(id: string, build: Build | undefined): Member {
    return { ...member(id), ...(build === undefined ? {} : { build }) };
  }
}

const olds = ['o1', 'o2', 'o3', 'o4'];
const news = ['n1', 'n2', 'n3', 'n4'];

describe('a deploy', () => {
  const even = { n1: 1024, n2: 1024, n3: 1024, n4: 1024 };

  it('moves every partition once where each node is replaced by a newer one that is there before it leaves', () => {
    const deploy = new Deploy(router, 'v9', ...olds);
    for (const [n, id] of olds.entries()) deploy.join('v10', news[n]!).leave(id);
    expect(new Set(deploy.moves)).toEqual(new Set([1]));
    expect(deploy.shares).toEqual(even);
  });

  it('moves many partitions twice and more if the nodes do not say which build they are of', () => {
    const deploy = new Deploy(router, undefined, ...olds);
    for (const [n, id] of olds.entries()) deploy.join(undefined, news[n]!).leave(id);
    expect(deploy.moved).toBeGreaterThan(1.5 * partitions);
    expect(Math.max(...deploy.moves)).toBeGreaterThan(2);
    expect(deploy.shares).toEqual(even);
  });

  it.each(routers.filter(([name]) => ['balanced', 'ring(128)', 'rendezvous'].includes(name)))(
    'moves every partition once where all newer nodes are there before the first one leaves, with %s',
    (_name, each) => {
      const deploy = new Deploy(each, 1, ...olds).join(2, ...news);
      expect(deploy.moved).toBe(0);
      for (const id of olds) deploy.leave(id);
      expect(new Set(deploy.moves)).toEqual(new Set([1]));
    },
  );

  it.each(routers)('gives what leaves to newer nodes only, with %s', (_name, each) => {
    const deploy = new Deploy(each, 1, ...olds);
    for (const [n, id] of olds.entries()) {
      const before = deploy.view.owners;
      deploy.join(2, news[n]!).leave(id);
      if (n === olds.length - 1) continue;
      for (const [partition, owner] of deploy.view.owners.entries())
        if (owner !== before[partition]) expect(news).toContain(owner);
    }
  });

  it('moves fewer also where each node leaves before the newer one is there', () => {
    const counts = [1, undefined].map((build) => {
      const deploy = new Deploy(router, build, ...olds);
      for (const [n, id] of olds.entries())
        deploy.leave(id).join(build === undefined ? undefined : 2, news[n]!);
      return deploy.moved;
    });
    expect(counts[0]).toBeLessThan(0.8 * counts[1]!);
  });

  it('is none where those of the newest build own nothing by their own wish', () => {
    const deploy = new Deploy(router, 1, 'a', 'b');
    deploy.view = join(deploy.view, [{ ...member('watcher', 0), build: 2 }], router);
    expect(deploy.join(1, 'c').owned('c')).toBe(1365);
  });

  it('gives what leaves to older nodes where no newer one has opened everything, rather than lose it', () => {
    const deploy = new Deploy(router, 1, 'a', 'b');
    for (const id of ['a', 'b']) deploy.view = open(deploy.view, id, 'users', {}, router);
    deploy.join(2, 'c').leave('a');
    expect(deploy.shares).toEqual({ b: 4096, c: 0 });
    deploy.view = open(deploy.view, 'c', 'users', {}, router);
    expect(deploy.leave('b').shares).toEqual({ c: 4096 });
  });

  it('lets those of the newest build begin again what is lost with a node', () => {
    const deploy = new Deploy(router, 1, 'a', 'b').join(2, 'c');
    deploy.view = fail(deploy.view, ['a'], router);
    expect(deploy.shares).toEqual({ b: 2048, c: 2048 });
  });

  it('takes a node without a build for the oldest', () => {
    const deploy = new Deploy(router, undefined, 'a').join(0, 'b');
    expect(deploy.shares).toEqual({ a: 4096, b: 0 });
    expect(deploy.leave('a').shares).toEqual({ b: 4096 });
  });

  it('is over when the last older node is gone, and then balance counts again', () => {
    const deploy = new Deploy(router, 1, 'o1', 'o2').join(2, 'n1').leave('o1').join(2, 'n2');
    expect(deploy.shares).toEqual({ o2: 2048, n1: 2048, n2: 0 });
    expect(deploy.leave('o2').shares).toEqual({ n1: 2048, n2: 2048 });
    expect(deploy.join(2, 'n3').owned('n3')).toBe(1365);
  });
});
