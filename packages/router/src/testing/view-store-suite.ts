import assert from 'node:assert/strict';
import type { View } from '../view.ts';
import type { ViewStore } from '../view-store.ts';
import type { TestFunctions } from './test-functions.ts';

/** An empty place for views that several nodes can open at once. */
export interface ViewStoreSetUp {
  open(): ViewStore;
  /** Removes the place; the suite has closed every store it opened. */
  close(): Promise<void>;
}

/** What every view store must do. `setUp` is called before each test. */
export function viewStoreSuite(
  { describe, it }: TestFunctions,
  name: string,
  setUp: () => Promise<ViewStoreSetUp>,
): void {
  describe(`view store ${name}`, () => {
    const test = (what: string, body: (open: () => ViewStore) => Promise<void>): void => {
      it(what, async () => {
        const place = await setUp();
        const opened: ViewStore[] = [];
        try {
          await body(() => {
            const store = place.open();
            opened.push(store);
            return store;
          });
        } finally {
          for (const store of opened) await store.close();
          await place.close();
        }
      });
    };

    test('reads nothing at first', async (open) => {
      assert.equal(await open().read(), undefined);
    });

    test('stores a first view, for everyone to read', async (open) => {
      const [store, other] = [open(), open()];
      assert.equal(await store.compareAndSet(0, sampleView(1)), true);
      assert.deepEqual(await store.read(), sampleView(1));
      assert.deepEqual(await other.read(), sampleView(1));
    });

    test('keeps a view exactly', async (open) => {
      const [store, other] = [open(), open()];
      assert.equal(await store.compareAndSet(0, richView()), true);
      assert.deepEqual(await other.read(), richView());
    });

    test('keeps views for whoever opens it later', async (open) => {
      const store = open();
      await store.compareAndSet(0, sampleView(1));
      await store.close();
      assert.deepEqual(await open().read(), sampleView(1));
    });

    test('refuses a view that follows another than the newest', async (open) => {
      const [store, other] = [open(), open()];
      assert.equal(await store.compareAndSet(1, sampleView(2)), false);
      assert.equal(await store.read(), undefined);
      for (let epoch = 0; epoch < 3; epoch += 1) await store.compareAndSet(epoch, sampleView(epoch + 1));
      for (const expected of [0, 1, 2, 4]) {
        assert.equal(await other.compareAndSet(expected, sampleView(expected + 1, 'late')), false);
      }
      assert.deepEqual(await other.read(), sampleView(3));
    });

    test('rejects a view whose epoch does not grow', async (open) => {
      const store = open();
      await assert.rejects(store.compareAndSet(0, sampleView(0)));
      await store.compareAndSet(0, sampleView(1));
      await assert.rejects(store.compareAndSet(1, sampleView(1, 'again')));
      assert.deepEqual(await store.read(), sampleView(1));
    });

    test('takes views that skip epochs', async (open) => {
      const [store, other] = [open(), open()];
      assert.equal(await store.compareAndSet(0, sampleView(7)), true);
      assert.equal(await other.compareAndSet(0, sampleView(1)), false);
      assert.equal(await other.compareAndSet(1, sampleView(8)), false);
      assert.equal(await other.compareAndSet(7, sampleView(8)), true);
      assert.equal(await store.compareAndSet(7, sampleView(9)), false);
      assert.deepEqual(await store.read(), sampleView(8));
    });

    test('lets one of 50 racing writers win', async (open) => {
      const stores = Array.from({ length: 5 }, open);
      for (const expected of [0, 1]) {
        const racers = Array.from({ length: 50 }, (_, racer) => `racer-${racer}`);
        const won = await Promise.all(
          racers.map((racer, index) =>
            stores[index % 5]!.compareAndSet(expected, sampleView(expected + 1, racer)),
          ),
        );
        assert.equal(won.filter(Boolean).length, 1);
        assert.equal((await stores[0]!.read())?.birth, racers[won.indexOf(true)]);
      }
    });

    test('lets one of several racing writers win that skip to different epochs', async (open) => {
      const stores = Array.from({ length: 8 }, open);
      const won = await Promise.all(
        stores.map((store, index) => store.compareAndSet(0, sampleView(index + 1))),
      );
      assert.equal(won.filter(Boolean).length, 1);
      assert.equal((await stores[0]!.read())?.epoch, won.indexOf(true) + 1);
    });

    test('never goes back', async (open) => {
      const last = 30;
      const writers = Array.from({ length: 3 }, async (_, writer) => {
        const store = open();
        for (let epoch = 0; epoch < last; ) {
          await store.compareAndSet(epoch, sampleView(epoch + 1, `writer-${writer}`));
          epoch = (await store.read())?.epoch ?? 0;
        }
      });
      const reader = open();
      const seen: View[] = [];
      while ((seen.at(-1)?.epoch ?? 0) < last) {
        const view = await reader.read();
        if (view !== undefined) seen.push(view);
        // A store in memory answers in microtasks; the writers need a turn all the same.
        await new Promise((turn) => setImmediate(turn));
      }
      await Promise.all(writers);
      for (const [index, view] of seen.entries()) {
        const before = seen[index - 1];
        if (before === undefined) continue;
        assert.ok(view.epoch >= before.epoch, `${before.epoch} was followed by ${view.epoch}`);
        if (view.epoch === before.epoch) assert.equal(view.birth, before.birth);
      }
    });

    test('tells watchers on every handle of each newer view', async (open) => {
      const [writer, other] = [open(), open()];
      const hints = [writer, other].map(hintsOf);
      for (let epoch = 1; epoch <= 3; epoch += 1) {
        await writer.compareAndSet(epoch - 1, sampleView(epoch));
        await Promise.all(hints.map((hint) => hint.until(epoch)));
      }
      for (const hint of hints) hint.stop();
    });

    test('calls watchers later, never from within compareAndSet', async (open) => {
      const store = open();
      let within = true;
      const told = new Promise<boolean>((resolve) => store.watch(() => resolve(within)));
      const stored = store.compareAndSet(0, sampleView(1));
      within = false;
      assert.equal(await told, false);
      assert.equal(await stored, true);
    });

    test('leaves a watcher that has stopped, and those of a closed store, alone', async (open) => {
      const [writer, other, leaving] = [open(), open(), open()];
      const staying = hintsOf(other);
      let calls = 0;
      const count = (): void => {
        calls += 1;
      };
      const stop = other.watch(count);
      leaving.watch(count);
      stop();
      stop();
      await leaving.close();
      for (let epoch = 1; epoch <= 3; epoch += 1) {
        await writer.compareAndSet(epoch - 1, sampleView(epoch));
        await staying.until(epoch);
      }
      staying.stop();
      assert.equal(calls, 0);
    });

    test('closes one handle without harm to the others', async (open) => {
      const [leaving, staying] = [open(), open()];
      await leaving.compareAndSet(0, sampleView(1));
      await leaving.close();
      await leaving.close();
      await assert.rejects(leaving.read(), { code: 'CLOSED' });
      await assert.rejects(leaving.compareAndSet(1, sampleView(2)), { code: 'CLOSED' });
      assert.equal(await staying.compareAndSet(1, sampleView(2)), true);
      assert.deepEqual(await staying.read(), sampleView(2));
    });
  });
}

/** Follows a store by its hints alone, as a node does. */
function hintsOf(store: ViewStore): { until(epoch: number): Promise<void>; stop(): void } {
  let hinted: () => void = () => {};
  let hint = new Promise<void>((resolve) => {
    hinted = resolve;
  });
  const stop = store.watch(() => hinted());
  return {
    async until(epoch) {
      for (;;) {
        await hint;
        hint = new Promise<void>((resolve) => {
          hinted = resolve;
        });
        if (((await store.read())?.epoch ?? 0) >= epoch) return;
      }
    },
    stop,
  };
}

function sampleView(epoch: number, birth = 'sample'): View {
  return {
    birth,
    epoch,
    members: [{ id: 'a', incarnation: 'a1', address: 'memory:a', weight: 1, opened: [] }],
    owners: ['a', 'a', 'a', 'a'],
    backups: [[], [], [], []],
    terms: [epoch, epoch, epoch, epoch],
    origins: [epoch, epoch, epoch, epoch],
    redundancy: 0,
    failureAfter: 3_000,
    fenced: [],
    electorate: { epoch, voters: ['a1'], gone: 0 },
    former: { epoch, voters: ['a1'], gone: 0 },
    caches: {},
  };
}

/** A view that has something of everything, a large part that does not compress, and text beyond ASCII. */
function richView(): View {
  const count = 4096;
  const ids = ['ada', 'bob', 'çelik'];
  const at = (index: number): string => ids[(index * index * 31) % 3]!;
  const list = Array.from({ length: count }, (_, index) => index);
  return {
    birth: 'b1rth-"quoted"\n',
    epoch: 5,
    members: ids.map((id, index) => ({
      id,
      incarnation: `${id}-${index}`,
      address: `unix:///tmp/${id}.sock`,
      weight: index / 2,
      opened: index === 0 ? ['sessions', 'users'] : [],
      ...(index === 0 ? {} : { build: index === 1 ? 41 : '2.0.1' }),
    })),
    owners: list.map((index) => (index % 97 === 0 ? null : at(index))),
    backups: list.map((index) => (index % 3 === 0 ? [] : ids.filter((id) => id !== at(index)))),
    terms: list.map((index) => (index % 5) + 1),
    origins: list.map((index) => (index % 3) + 1),
    redundancy: 2,
    router: 'ring(64)',
    failureAfter: 500,
    fenced: [2, 4],
    electorate: { epoch: 5, voters: ids, gone: 1 },
    former: { epoch: 2, voters: [], gone: 3 },
    caches: { users: { ttl: 300_000, limit: { size: 50_000 }, name: 'ünïcode 🂡' }, sessions: null },
  };
}
