import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

/** How the program ended, and what it has said. */
export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

/** Runs `cachex` as it was built, for a cluster that meets in a directory. */
export class Program {
  readonly #environment: Record<string, string | undefined>;

  constructor(environment: Record<string, string | undefined>) {
    this.#environment = environment;
  }

  /** For the processes of a machine (see machine.ts). */
  static at(directory: string): Program {
    return new Program({ CACHEX_CLUSTER: 'processes', CACHEX_DIRECTORY: directory });
  }

  async run(words: readonly string[], { input = '' }: { input?: string } = {}): Promise<Ran> {
    const child = spawn(process.execPath, ['--no-warnings', main, ...words], {
      env: { PATH: process.env.PATH, TMPDIR: process.env.TMPDIR, ...this.#environment },
    });
    child.stdin.end(input);
    const code = new Promise<number | null>((resolve) => child.once('close', resolve));
    const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
    return { code: await code, out, err };
  }

  /** What it prints with `--json`; every line is JSON. */
  async json<T>(...words: readonly string[]): Promise<T[]> {
    const { out } = await this.run([...words, '--json']);
    return out
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as T);
  }
}

/** The longest line. */
export function widthOf(text: string): number {
  return Math.max(...text.split('\n').map((line) => line.length));
}
