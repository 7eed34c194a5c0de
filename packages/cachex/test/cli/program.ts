import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

/** How the program ended, and what it has said. */
export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** One that runs. */
export interface Running {
  /** The first line it prints. */
  readonly line: Promise<string>;
  /** Its exit code. */
  readonly ended: Promise<number | null>;
  interrupt(): void;
}

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

/** Runs `cachex` as it was built, for a cluster that meets in a directory. */
export class Program {
  readonly #environment: Record<string, string | undefined>;
  readonly #folder: string;

  /** In a folder, which is that of no application unless it is given. */
  constructor(environment: Record<string, string | undefined>, folder = tmpdir()) {
    this.#environment = environment;
    this.#folder = folder;
  }

  /** For the processes of a machine (see machine.ts). */
  static at(directory: string, environment: Record<string, string> = {}): Program {
    return new Program({ CACHEX_CLUSTER: 'processes', CACHEX_DIRECTORY: directory, ...environment });
  }

  /** Starts it, for as long as it runs. */
  start(words: readonly string[]): Running {
    const child = this.#spawn(words);
    const lines = createInterface(child.stdout);
    return {
      line: once(lines, 'line').then(([line]) => line as string),
      ended: once(child, 'close').then(([code]) => code as number | null),
      interrupt: () => void child.kill('SIGINT'),
    };
  }

  async run(words: readonly string[], { input = '' }: { input?: string } = {}): Promise<Ran> {
    const child = this.#spawn(words);
    child.stdin.end(input);
    const code = new Promise<number | null>((resolve) => child.once('close', resolve));
    const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
    return { code: await code, out, err };
  }

  #spawn(words: readonly string[]): ChildProcessWithoutNullStreams {
    return spawn(process.execPath, ['--no-warnings', main, ...words], {
      env: { PATH: process.env.PATH, TMPDIR: process.env.TMPDIR, ...this.#environment },
      cwd: this.#folder,
    });
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
