import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Where real traces lie, if they do: in the folder `CACHEX_TRACES`, or beside the repository. */
export function traceFolder(): string | undefined {
  const beside = fileURLToPath(new URL('../../../../../../shared/traces', import.meta.url));
  return [process.env.CACHEX_TRACES, beside].find(
    (folder) => folder !== undefined && existsSync(`${folder}/reference.json`),
  );
}
