import type { CheckedDiskOptions } from '../../actions/dump.ts';
import { loadDump } from '../../disk/load-dump.ts';
import { nodeFiles } from '../../disk/node-files.ts';
import { CacheError } from '../../errors.ts';
import type { Composition } from '../composition.ts';
import { storeEntries } from '../store-entries.ts';

/** Stores the entries of a file of this process at the owners of their keys. */
export const load: Composition<[path: string, options: CheckedDiskOptions | undefined]> = {
  applies: () => true,
  compose(caller, path, options) {
    const { engine, node, settings } = caller;
    const { clock, files = nodeFiles } = engine;
    if (settings.local === true) {
      const message = 'local: load stores at whatever nodes own the keys; leave `local` out';
      throw new CacheError('INVALID_OPTION', message);
    }
    return loadDump({
      files,
      path,
      clock,
      codec: node.codec,
      largestValue: node.largestValue,
      signal: settings.signal,
      onProgress: options?.onProgress,
      store: (traits, values) => storeEntries(caller, traits, values),
    });
  },
};
