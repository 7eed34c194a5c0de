import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Actors, type JoinOptions, type Key, openActors, type RoutedNode } from '../src/index.ts';
import { TestCluster } from '../src/testing/index.ts';

let cluster: TestCluster;
beforeEach(() => {
  cluster = new TestCluster({ seed: 11 });
});
afterEach(() => cluster.close());

class Cart {
  items: string[] = [];
  /** By article. */
  prices = new Map<string, number>();

  add(item: string, price = 0): string[] {
    this.items.push(item);
    this.prices.set(item, price);
    return this.items;
  }

  list(): string[] {
    return this.items;
  }

  total(): number {
    return [...this.prices.values()].reduce((sum, price) => sum + price, 0);
  }

  empty(): void {
    this.items = [];
    this.prices.clear();
  }

  addThenThrow(item: string): never {
    this.items.push(item);
    throw new RangeError(`no ${item} left`);
  }
}

interface Shop {
  readonly node: RoutedNode;
  readonly carts: Actors<Key, Cart>;
}

async function shop(id: string, options: Partial<JoinOptions> = {}): Promise<Shop> {
  const node = await cluster.join(id, { partitions: 64, ...options });
  return { node, carts: await cluster.run(openActors(node, 'carts', Cart)) };
}

const ready = (...shops: Shop[]): Promise<unknown> =>
  cluster.run(Promise.all(shops.map(({ node }) => node.ready())));

const customers = Array.from({ length: 200 }, (_, n) => ['customer', n] as const);

const fill = ({ carts }: Shop): Promise<unknown> =>
  cluster.run(Promise.all(customers.map((customer) => carts(customer).add(`of ${customer}`, 2))));

const lists = ({ carts }: Shop): Promise<string[][]> =>
  cluster.run(Promise.all(customers.map((customer) => carts(customer).list())));

const filled = customers.map((customer) => [`of ${customer}`]);

describe('an actor', () => {
  it('keeps its fields from one call to the next, whoever calls', async () => {
    const a = await shop('a');
    const b = await shop('b');
    await ready(a, b);
    for (const key of ['ada', 7, null, ['ada', 7]]) {
      expect(await cluster.run(a.carts(key).add('apples', 3))).toEqual(['apples']);
      expect(await cluster.run(b.carts(key).add('bread', 4))).toEqual(['apples', 'bread']);
      expect(await cluster.run(a.carts(key).total())).toBe(7);
    }
  });

  it('is there once for each key', async () => {
    const { carts } = await shop('a');
    for (const key of [1, '1', 1n, ['1'], [1]] as const) await cluster.run(carts(key).add(typeof key));
    expect(await cluster.run(carts(1).list())).toEqual(['number']);
    expect(await cluster.run(carts('1').list())).toEqual(['string']);
  });

  it('moves with its state when nodes join and leave', async () => {
    const a = await shop('a');
    await fill(a);
    const b = await shop('b');
    const c = await shop('c');
    await ready(a, b, c);
    const owners = customers.map((customer) => a.node.route(customer).owner);
    expect(new Set(owners)).toEqual(new Set(['a', 'b', 'c']));
    for (const one of [a, b, c]) expect(await lists(one)).toEqual(filled);
    await cluster.run(a.node.leave());
    expect(await lists(b)).toEqual(filled);
    await cluster.run(c.node.leave());
    expect(await lists(b)).toEqual(filled);
  });

  it('takes calls in turn while it moves, each of them once', async () => {
    const a = await shop('a');
    const counts = Array.from({ length: 30 }, (_, n) => n);
    const first = Promise.all(counts.map((n) => a.carts('ada').add(`${n}`)));
    const b = await shop('b', { weight: 9 });
    const second = Promise.all(counts.map((n) => b.carts('ada').add(`${n + 30}`)));
    await cluster.run(Promise.all([first, second]));
    await ready(a, b);
    await cluster.run(a.node.leave());
    const items = await cluster.run(b.carts('ada').list());
    expect(items.map(Number).sort((one, other) => one - other)).toEqual([
      ...counts,
      ...counts.map((n) => n + 30),
    ]);
  });

  it('survives the process of its owner where there are backups', async () => {
    const a = await shop('a', { backups: 1 });
    const b = await shop('b');
    await ready(a, b);
    await cluster.clock.advance(1_000);
    await fill(a);
    cluster.crash('a');
    expect(await lists(b)).toEqual(filled);
  });

  it('is as it was if its method throws', async () => {
    const a = await shop('a');
    const b = await shop('b');
    await ready(a, b);
    for (const { carts } of [a, b]) {
      const failed = cluster.run(carts('ada').addThenThrow('cheese'));
      await expect(failed).rejects.toThrow(new RangeError('no cheese left'));
      expect(await cluster.run(carts('ada').list())).toEqual([]);
    }
  });

  it('shares nothing with what it has answered or was given', async () => {
    const { carts } = await shop('a');
    const answered = await cluster.run(carts('ada').add('apples'));
    answered.push('something else');
    expect(await cluster.run(carts('ada').list())).toEqual(['apples']);
  });

  it('takes no memory once it is like a new one', async () => {
    const { node, carts } = await shop('a');
    const changes: unknown[] = [];
    const { changed } = node;
    node.changed = (...change) => {
      changes.push(change[2].length);
      changed.apply(node, change);
    };
    await cluster.run(carts('ada').list());
    expect(changes).toEqual([]);
    await cluster.run(carts('ada').add('apples'));
    await cluster.run(carts('ada').list());
    await cluster.run(carts('ada').empty());
    // The state, and that there is none any more.
    expect(changes).toEqual([2, 1]);
  });

  it('knows its key, and has what the constructor gives where nothing is kept', async () => {
    class Greeter {
      readonly name: string;
      greetings = 0;
      constructor(name: string) {
        this.name = name;
      }
      greet(): string {
        this.greetings += 1;
        return `${this.name}, for the ${this.greetings}th time`;
      }
    }
    class Polite extends Greeter {
      title = 'Ms';
      override greet(): string {
        return `${this.title} ${super.greet()}`;
      }
    }
    const a = await cluster.join('a');
    const greeters = await cluster.run(openActors(a, 'greeters', Greeter));
    expect(await cluster.run(greeters('Ada').greet())).toBe('Ada, for the 1th time');
    // The next version of a program: it knows a field more.
    const b = await cluster.join('b');
    const polite = await cluster.run(openActors(b, 'greeters', Polite));
    await cluster.run(b.ready());
    await cluster.run(a.leave());
    expect(await cluster.run(polite('Ada').greet())).toBe('Ms Ada, for the 2th time');
  });
});

describe('what cannot be an actor', () => {
  class Odd {
    value: unknown = 0;
    set(value: unknown): void {
      this.value = value;
    }
    keepFunction(): void {
      this.value = () => 1;
    }
    async wait(): Promise<void> {
      this.value = 1;
    }
    get(): unknown {
      return this.value;
    }
  }

  it('is refused, and changes nothing', async () => {
    const node = await cluster.join('a', { limits: { frame: 4096 } });
    const odd = (await cluster.run(openActors(node, 'odd', Odd)))('one');
    const code = (wanted: string) => expect.objectContaining({ code: wanted });
    await expect(cluster.run(odd.keepFunction())).rejects.toEqual(code('NOT_SERIALIZABLE'));
    await expect(cluster.run(odd.wait())).rejects.toEqual(code('INVALID_OPTION'));
    await expect(cluster.run(odd.set('x'.repeat(5000)))).rejects.toEqual(code('TOO_LARGE'));
    expect(await cluster.run(odd.get())).toBe(0);
  });

  it.each([
    ['a class without methods', class {}],
    [
      'a class with a method "then"',
      class {
        // biome-ignore lint/suspicious/noThenProperty: it is what must not be.
        then(): void {}
      },
    ],
  ])('%s is refused before it is opened', async (_what, Class: new () => object) => {
    const node = await cluster.join('a');
    const opened = openActors(node, 'odd', Class);
    await expect(opened).rejects.toEqual(expect.objectContaining({ code: 'INVALID_OPTION' }));
    expect(node.view.caches).toEqual({});
  });

  it('a key that is none is refused before anything is sent', async () => {
    const { carts } = await shop('a');
    const call = cluster.run(carts({} as unknown as Key).list());
    await expect(call).rejects.toEqual(expect.objectContaining({ code: 'INVALID_KEY' }));
  });
});
