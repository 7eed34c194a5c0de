import { readFile, realpath } from 'node:fs/promises';
import { dirname, isAbsolute, join, sep } from 'node:path';
import { defaultDirectory } from '@cachex/router';
import { CacheError } from '../errors.ts';

/** What tells one program from another. */
export type Host = Pick<NodeJS.Process, 'argv' | 'env' | 'cwd'>;

/** The cluster that the processes and threads of one application make without being told of one. */
export interface Application {
  readonly cluster: string;
  /** Where they meet on this machine; `undefined`: where all meet who name that cluster. */
  readonly directory: string | undefined;
}

/**
 * The application that a process belongs to: what `CACHEX_CLUSTER` says, or else the package of its program.
 *
 * The name of a package is not enough to meet by: another application may have the same, and the tests of one run beside
 * it. So the place where they meet is that of the package's folder and of `NODE_ENV`.
 */
export async function application(host: Host): Promise<Application> {
  const { CACHEX_CLUSTER: cluster = '', NODE_ENV = '' } = host.env;
  if (cluster !== '') return { cluster, directory: undefined };
  const start = await startOf(host);
  for (let folder = start; ; folder = dirname(folder)) {
    const name = await nameOf(folder);
    if (name !== undefined)
      return { cluster: name, directory: defaultDirectory(['application', folder, NODE_ENV].join('\0')) };
    if (folder === dirname(folder)) break;
  }
  throw new CacheError(
    'INVALID_OPTION',
    `cluster: processes of one application know each other by the name in its package.json, and there is none in ${start} or above; pass a name, or set CACHEX_CLUSTER`,
  );
}

/**
 * The folder of the program; the working directory for one that is no part of the application, such as the command of a
 * framework. Under PM2 the program is a file of PM2, which tells in `pm_exec_path` what it runs.
 */
async function startOf({ argv, env, cwd }: Host): Promise<string> {
  for (const program of [argv[1], env.pm_exec_path]) {
    if (program === undefined || !isAbsolute(program)) continue;
    const path = await realpath(program).catch(() => undefined);
    if (path !== undefined && !path.includes(`${sep}node_modules${sep}`)) return dirname(path);
  }
  return realpath(cwd());
}

/** The name in the package.json of a folder; `undefined` if there is none, as in those that compilers write. */
async function nameOf(folder: string): Promise<string | undefined> {
  try {
    const { name } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
    return typeof name === 'string' && name !== '' ? name : undefined;
  } catch {
    return undefined;
  }
}
