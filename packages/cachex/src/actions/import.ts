import { hashKey, type Key } from '@cachex/router/hash';
import type { CallerAction, CallOptions, Mode, Reply } from '../action.ts';
import type { Engine } from '../local/engine.ts';
import { optionsParameter } from '../parameters.ts';
import {
  type CheckedRecord,
  type ImportedRecord,
  type Records,
  recordsParameter,
  traitsOfRecord,
} from '../records.ts';

export interface Import<K extends Key, V, M extends Mode> {
  /**
   * Stores entries given as records, as `export` answers with: `{ key, value, ttl, modified, lifetime }`, all but the key and
   * the value optional. What is there under the same keys is overwritten, everything else stays. Records whose `ttl` is 0 or
   * less are left out. Answers how many were stored.
   *
   * A list is checked as a whole before anything is stored: `INVALID_KEY`, `INVALID_OPTION`; of what is iterated, the records
   * before a bad one are stored. In a cluster records travel in batches to the owners of their keys; `timeout` is the longest
   * wait for one batch.
   */
  import(records: Iterable<ImportedRecord<K, V>>, options?: CallOptions[M]): Reply<M, number>;
  /** The same, for records that come one after the other. */
  import(records: AsyncIterable<ImportedRecord<K, V>>, options?: CallOptions[M]): Promise<number>;
}

export const importAction: CallerAction<
  [records: Records, options: object | undefined],
  number | Promise<number>
> = {
  name: 'import',
  effect: 'write',
  repeatable: false,
  route: { kind: 'caller' },
  parameters: [recordsParameter, optionsParameter<object>({})],
  result: 'plain',
  answers: 'either',
  execute(engine, _cache, records) {
    if (Symbol.asyncIterator in records) return storeAll(engine, records);
    let stored = 0;
    for (const record of records) stored += store(engine, record);
    return stored;
  },
};

async function storeAll(engine: Engine, records: AsyncIterable<CheckedRecord>): Promise<number> {
  let stored = 0;
  for await (const record of records) stored += store(engine, record);
  return stored;
}

/** Stores a record, and answers with 1; with 0 if its time has come. */
function store(engine: Engine, record: CheckedRecord): number {
  engine.refuseClosed();
  const traits = traitsOfRecord(record, engine.clock.wallTime(), () => engine.defaultTtl());
  if (traits === undefined) return 0;
  engine.restore(hashKey(record.key), engine.hold(record.value), traits);
  engine.statistics?.add('writes');
  return 1;
}
