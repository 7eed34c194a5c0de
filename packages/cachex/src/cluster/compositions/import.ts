import { CacheError } from '../../errors.ts';
import { entrySize, type Traits } from '../../portable.ts';
import { type Records, traitsOfRecord } from '../../records.ts';
import type { Caller } from '../caller.ts';
import type { Composition } from '../composition.ts';
import { storeEntries } from '../store-entries.ts';

/** How many records are stored at a time, unless they are large. */
const recordsAtATime = 8_192;
const bytesAtATime = 4 * 1024 * 1024;

/** Stores records at the owners of their keys, batch by batch. */
export const importComposition: Composition<[records: Records]> = {
  applies: () => true,
  compose: importAll,
};

async function importAll(caller: Caller, records: Records): Promise<number> {
  const { engine, values: form, settings } = caller;
  if (settings.local === true) {
    const message = 'local: import stores at whatever nodes own the keys; leave `local` out';
    throw new CacheError('INVALID_OPTION', message);
  }
  let stored = 0;
  let traits: Traits[] = [];
  let values: unknown[] = [];
  let bytes = 0;
  const flush = async (): Promise<void> => {
    const [some, held] = [traits, values];
    [traits, values, bytes] = [[], [], 0];
    await storeEntries(caller, some, held);
    stored += some.length;
  };
  for await (const record of records) {
    const each = traitsOfRecord(record, engine.clock.wallTime(), () => engine.defaultTtl());
    if (each === undefined) continue;
    const held = form.encoded(form.hold(record.value));
    traits.push(each);
    values.push(held);
    bytes += entrySize(each, held.length);
    if (traits.length >= recordsAtATime || bytes >= bytesAtATime) await flush();
  }
  await flush();
  return stored;
}
