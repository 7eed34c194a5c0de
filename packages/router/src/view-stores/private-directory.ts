import type { Stats } from 'node:fs';
import { lstat, mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, resolve } from 'node:path';
import { RouterError } from '../errors.ts';

/** What only another choice of directory, or the operator, can put right. */
const hopeless: readonly unknown[] = [
  'EACCES',
  'EPERM',
  'EROFS',
  'ENOTDIR',
  'ELOOP',
  'ENAMETOOLONG',
  'EINVAL',
];

const stickyBit = 0o1000;

/**
 * Makes sure that `directory` exists and that nobody else can read it or put anything in its place: it must be ours, no
 * symbolic link, and closed to group and others. Where it lies in a place in which everybody may create (the temporary
 * directory, or any with the sticky bit), the levels in between must be ours as well. Otherwise `INVALID_OPTION`.
 */
export async function ensurePrivateDirectory(directory: string): Promise<void> {
  const leaf = resolve(directory);
  try {
    await mkdir(leaf, { recursive: true, mode: 0o700 });
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (hopeless.includes(code))
      throw refusal(leaf, `cannot be created (${message}); choose another`, { cause });
    // EEXIST, ENOENT: something else is there, or a link to nowhere; the check below says what it is.
    if (code !== 'EEXIST' && code !== 'ENOENT') throw cause;
  }
  check(leaf, await lstat(leaf), 0o077);
  for (const { path, stats } of await sharedLevels(leaf)) check(path, stats, 0o022);
}

/** The levels above `leaf` up to a place in which everybody may create; none if there is no such place. */
async function sharedLevels(leaf: string): Promise<{ path: string; stats: Stats }[]> {
  const temporary = resolve(tmpdir());
  const levels: { path: string; stats: Stats }[] = [];
  if (leaf === temporary) return levels;
  for (let path = dirname(leaf); path !== dirname(path); path = dirname(path)) {
    const stats = await lstat(path);
    if (path === temporary || (stats.mode & stickyBit) !== 0) return levels;
    levels.push({ path, stats });
  }
  return [];
}

function check(path: string, stats: Stats, forbidden: number): void {
  if (stats.isSymbolicLink()) throw refusal(path, 'is a symbolic link; name the directory itself');
  if (!stats.isDirectory()) throw refusal(path, 'is not a directory; choose another path');
  // Windows has neither owners nor modes in this sense; its temporary directory is the user's own.
  const uid = process.getuid?.();
  if (uid === undefined) return;
  if (stats.uid !== uid) {
    throw refusal(
      path,
      `belongs to user ${stats.uid}, this process runs as ${uid}; remove it or choose another`,
    );
  }
  if ((stats.mode & forbidden) === 0) return;
  const mode = (stats.mode & 0o777).toString(8);
  throw refusal(path, `has mode ${mode} and is open to other users; check what is in it, then run chmod 700`);
}

function refusal(path: string, reason: string, options?: ErrorOptions): RouterError {
  return new RouterError('INVALID_OPTION', `the directory ${path} cannot be used: it ${reason}`, options);
}
