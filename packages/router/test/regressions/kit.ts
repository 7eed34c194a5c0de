import type { RoutedNode, Service, View, ViewStore } from '../../src/index.ts';
import type { TestCluster } from '../../src/testing/index.ts';

export interface Box extends Service {
  /** What this node serves, by partition. */
  readonly values: ReadonlyMap<number, unknown>;
  /** How often something was put here. */
  readonly puts: number;
  /** Lets the calls of `putSlowly` end. */
  finish(): void;
}

/** A service with one value a partition, that moves with it; each partition is called by its number as the hash. */
export function box(node: RoutedNode, name = 'box', backed = true): Box {
  const values = new Map<number, unknown>();
  const copies = new Map<number, unknown>();
  const unfinished: (() => void)[] = [];
  let puts = 0;
  const partitionOf = (hash: number): number => hash & (node.view.owners.length - 1);
  const put = ({ hash }: { readonly hash: number }, value: unknown): void => {
    puts += 1;
    values.set(partitionOf(hash), value);
    node.changed(name, partitionOf(hash), [value]);
  };
  const take = (partition: number, from: Map<number, unknown>, to: Map<number, unknown>): void => {
    to.delete(partition);
    if (from.has(partition)) to.set(partition, from.get(partition));
    from.delete(partition);
  };
  return {
    values,
    get puts() {
      return puts;
    },
    finish() {
      for (const end of unfinished.splice(0)) end();
    },
    backed,
    handlers: {
      put,
      async putSlowly(context, value: unknown) {
        put(context, value);
        await new Promise<void>((resolve) => unfinished.push(resolve));
      },
      remove({ hash }) {
        values.delete(partitionOf(hash));
        node.changed(name, partitionOf(hash), []);
      },
      get: ({ hash }) => values.get(partitionOf(hash)),
    },
    replica: {
      snapshot: (partition) => (values.has(partition) ? [[values.get(partition)]] : []),
      stage: (partition, record) =>
        void (record.length > 0 ? copies.set(partition, record[0]) : copies.delete(partition)),
      promote: (partition) => take(partition, copies, values),
      demote: (partition) => take(partition, values, copies),
      discard: (partition) => void copies.delete(partition),
      drop: (partition) => void values.delete(partition),
    },
  };
}

/** Calls the box of the owner of a partition. */
export function ask(
  from: RoutedNode,
  partition: number,
  handler: 'put' | 'putSlowly' | 'remove' | 'get',
  { value, service = 'box', timeout = 5_000 }: { value?: unknown; service?: string; timeout?: number } = {},
): Promise<unknown> {
  const repeatable = handler === 'get';
  return from.dispatch.call(partition, { service, handler, args: [value], timeout, repeatable });
}

/** How a call has ended so far. */
export interface Ending {
  state: 'open' | 'answered' | 'rejected';
  value?: unknown;
  code?: unknown;
}

export function ending(call: Promise<unknown>): Ending {
  const end: Ending = { state: 'open' };
  call.then(
    (value) => Object.assign(end, { state: 'answered', value }),
    (error: { code?: unknown }) => Object.assign(end, { state: 'rejected', code: error.code }),
  );
  return end;
}

/** Lets time pass, `step` ms at a time, until something holds; at most `within` ms. */
export async function until(
  cluster: TestCluster,
  holds: () => boolean,
  within = 5_000,
  step = 0.25,
): Promise<void> {
  for (let passed = 0; !holds(); passed += step) {
    if (passed > within) throw new Error(`it did not come to that within ${within} ms: ${holds}`);
    await cluster.clock.advance(step);
  }
}

/** The partitions of a node. */
export function owned({ view, id }: RoutedNode): number[] {
  return [...view.owners.keys()].filter((partition) => view.owners[partition] === id);
}

export interface Steered extends ViewStore {
  /** What happens before and after each operation: hold it up, or make it fail. */
  before: (operation: 'read' | 'compareAndSet', next?: View) => Promise<void> | void;
  after: (operation: 'read' | 'compareAndSet', next?: View) => Promise<void> | void;
}

/** A store as one node has it, with its operations held up or lost as the test says. */
export function steered(store: ViewStore): Steered {
  const self: Steered = {
    before: () => {},
    after: () => {},
    async read() {
      await self.before('read');
      const view = await store.read();
      await self.after('read');
      return view;
    },
    async compareAndSet(expected, next) {
      await self.before('compareAndSet', next);
      const done = await store.compareAndSet(expected, next);
      await self.after('compareAndSet', next);
      return done;
    },
    watch: (changed) => store.watch(changed),
    close: () => store.close(),
  };
  return self;
}

/** Something that waits until it is let go on. */
export function aGate(): { readonly passed: Promise<void>; open(): void } {
  let open = (): void => {};
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { passed, open: () => open() };
}
