import { type Clock, systemClock } from '../clock.ts';
import { RouterError } from '../errors.ts';
import type { View } from '../view.ts';
import type { ViewStore } from '../view-store.ts';

/** One node's access to a {@link MemoryStoreHub}. */
export interface MemoryStore extends ViewStore {
  /** While set, this node's calls reject and its watchers hear nothing; afterwards they are told to read again. */
  outage: boolean;
}

/** The views of clusters that live in one process: examples, tests, simulations. */
export interface MemoryStoreHub {
  /** While set, everybody's calls reject without an effect. */
  outage: boolean;
  /** While set, `compareAndSet` takes effect and then rejects all the same: its outcome is unknown to the caller. */
  loseReplies: boolean;
  /** The newest view, for those who watch from outside. */
  readonly newest: View | undefined;
  /** Told of every view at the moment it is stored; for those who watch from outside. */
  stored: ((view: View) => void) | undefined;
  /** A store for one node; closing it leaves the others alone. */
  open(): MemoryStore;
}

/**
 * A place in memory where the nodes of one process agree on views. Watchers are called through the clock's `defer`, each
 * by itself, so that a simulated clock decides on their order.
 */
export function memoryStoreHub({ clock = systemClock }: { clock?: Clock } = {}): MemoryStoreHub {
  const stores = new Set<{ notify(): void }>();
  let newest: View | undefined;

  const hub: MemoryStoreHub = {
    outage: false,
    loseReplies: false,
    stored: undefined,
    get newest() {
      return newest;
    },
    open() {
      const watchers = new Set<{ changed(): void }>();
      let closed = false;
      let outage = false;

      const check = (): void => {
        if (closed) throw new RouterError('CLOSED', 'the view store is closed');
        if (hub.outage || outage) throw new Error('the view store is out of reach');
      };
      const notify = (): void => {
        if (outage) return;
        for (const watcher of watchers)
          clock.defer(() => watchers.has(watcher) && !outage && watcher.changed());
      };
      const entry = { notify };
      stores.add(entry);

      return {
        get outage() {
          return outage;
        },
        set outage(value) {
          const over = outage && !value;
          outage = value;
          if (over) notify();
        },
        async read() {
          check();
          return newest;
        },
        async compareAndSet(expected, next) {
          check();
          if (!(next.epoch > expected)) throw new RangeError(`epoch ${next.epoch} cannot follow ${expected}`);
          if ((newest?.epoch ?? 0) !== expected) return false;
          newest = next;
          hub.stored?.(next);
          for (const store of stores) store.notify();
          if (hub.loseReplies) throw new Error('the reply of the view store was lost');
          return true;
        },
        watch(changed) {
          const watcher = { changed };
          watchers.add(watcher);
          return () => {
            watchers.delete(watcher);
          };
        },
        async close() {
          closed = true;
          watchers.clear();
          stores.delete(entry);
        },
      };
    },
  };
  return hub;
}
