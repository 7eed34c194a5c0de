import { Encoded } from '@cachex/router';
import type { CheckedDiskOptions } from '../../actions/dump.ts';
import { chunksOf, encoded } from '../../disk/local.ts';
import { nodeFiles } from '../../disk/node-files.ts';
import { type DumpChunk, writeDump } from '../../disk/write-dump.ts';
import type { Traits } from '../../portable.ts';
import type { Caller } from '../caller.ts';
import type { Composition } from '../composition.ts';
import { Cursor } from '../cursor.ts';

/** Writes the entries of all nodes, or of this one, into a file of this process. */
export const dump: Composition<[path: string, options: CheckedDiskOptions | undefined]> = {
  applies: () => true,
  compose(caller, path, options) {
    const { engine, node, name, settings } = caller;
    const { clock, files = nodeFiles } = engine;
    const chunks = settings.local === true ? chunksOf(engine, node.codec) : everywhere(caller);
    return writeDump(chunks, {
      files,
      path,
      cache: name,
      clock,
      codec: node.codec,
      signal: settings.signal,
      onProgress: options?.onProgress,
    });
  },
};

async function* everywhere(caller: Caller): AsyncGenerator<DumpChunk> {
  const { codec } = caller.node;
  for await (const { traits, values, at } of new Cursor(caller, undefined, caller.settings).chunks())
    yield {
      traits: traits as readonly Traits[],
      values: values.map((value, n) =>
        value instanceof Encoded ? value : encoded(codec, traits[n]![0], value),
      ),
      at,
    };
}
