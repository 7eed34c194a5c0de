import { readFileSync } from 'node:fs';

let version: string | undefined;

/** The version of this package; `unknown` where its package.json is not beside it, as in a bundle. */
export function packageVersion(): string {
  version ??= read();
  return version;
}

function read(): string {
  try {
    const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
    return String((JSON.parse(text) as { version: unknown }).version);
  } catch {
    return 'unknown';
  }
}
