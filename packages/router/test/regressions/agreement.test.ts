import { expect, it } from 'vitest';
import { Agreement } from '../../src/agreement.ts';
import type { View } from '../../src/index.ts';
import { ManualClock } from '../../src/testing/index.ts';
import { changeBackups } from '../../src/view.ts';
import { memoryStoreHub } from '../../src/view-stores/memory.ts';
import { firstView } from '../arbitraries.ts';

it('a change that was given up does not come into force later, when nobody wants it any more', async () => {
  const clock = new ManualClock();
  const hub = memoryStoreHub({ clock });
  const store = hub.open();
  const first = firstView(8);
  await store.compareAndSet(0, first);
  /** What was asked of the store and has not got there yet. */
  const late: (() => Promise<boolean>)[] = [];
  let slow = true;
  const agreement = new Agreement({
    store: {
      ...store,
      compareAndSet(expected, next) {
        if (!slow) return store.compareAndSet(expected, next);
        late.push(() => store.compareAndSet(expected, next));
        return Promise.reject(new Error('the view store did not answer'));
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
  const change = (view: View): View => changeBackups(view, new Map([[3, ['b']]]));
  await expect(clock.run(agreement.publish(change, 1_000))).rejects.toMatchObject({ code: 'TIMEOUT' });
  expect(late.length).toBeGreaterThan(0);
  slow = false;
  // As far as this node can see, the change is not there, and there is nothing to undo.
  const settled = await clock.run(
    agreement.publish((view) => (view.backups[3]!.length > 0 ? view : undefined)),
  );
  for (const arrive of late) await arrive().catch(() => {});
  await clock.run(agreement.refresh());
  expect(hub.newest!.backups[3]).toEqual([]);
  expect(agreement.view).toEqual(settled);
  expect(hub.newest).toEqual(settled);
  agreement.close();
});
