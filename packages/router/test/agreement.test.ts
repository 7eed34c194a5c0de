import { expect, it } from 'vitest';
import { Agreement } from '../src/agreement.ts';
import { TestCluster } from '../src/testing/index.ts';

it('a node reads the store again when it hears of a view while it is reading', async () => {
  const { clock, store: hub } = new TestCluster();
  const store = hub.open();
  const founder = await new TestCluster().join('a', { partitions: 8 });
  const first = founder.view;
  await store.compareAndSet(0, first);
  const agreement = new Agreement({
    store: {
      ...store,
      // What is read is on its way for a while.
      async read() {
        const view = await store.read();
        await new Promise<void>((resolve) => void clock.after(10, resolve));
        return view;
      },
    },
    clock,
    changed: () => {},
    published: () => {},
    confirmed: () => {},
    diverged: () => {},
    log: () => {},
  });
  agreement.adopt(first);
  void agreement.refresh();
  await clock.advance(5);
  await store.compareAndSet(1, { ...first, epoch: 2 });
  await clock.advance(100);
  expect(agreement.view.epoch).toBe(2);
});
