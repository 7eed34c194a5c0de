import { createHash } from 'node:crypto';
import { link, open, readdir, stat, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Clock, systemClock } from '../clock.ts';
import { RouterError } from '../errors.ts';
import { type Random, randomName, systemRandom } from '../random.ts';
import { encodeView } from '../view-json.ts';
import type { ViewStore } from '../view-store.ts';
import { watchDirectory } from './directory-watch.ts';
import { ensurePrivateDirectory } from './private-directory.ts';
import { nameOf, newestSlot, slotOf, ViewFiles } from './view-files.ts';

export interface DirectoryStoreOptions {
  /** A directory on a local file system that has hard links; created with mode 0700 if it is missing. */
  readonly directory: string;
  readonly clock?: Clock;
  readonly random?: Random;
  /** Milliseconds between looks at the directory, in case its file system reports no changes; 1,000 unless set. */
  readonly poll?: number;
}

/** How many views stay for whoever wants to know what happened. */
const kept = 64;

/** Milliseconds after which a temporary file is removed if its writer is gone. */
const stale = 60_000;

/** Longer ones leave no room for the names of sockets: the path of one has about a hundred bytes. */
const longestDirectory = 80;

/**
 * Where the nodes of one cluster that run as the same user on the same machine meet unless told otherwise: a directory
 * under the temporary one of the system, or under `/tmp` where the path would be too long for sockets.
 */
export function defaultDirectory(cluster: string): string {
  const user = process.getuid?.() ?? 'user';
  const name = createHash('sha256').update(cluster).digest('hex').slice(0, 16);
  const under = (place: string): string => join(place, `cachex-${user}`, name);
  const directory = under(tmpdir());
  return Buffer.byteLength(directory) > longestDirectory ? under('/tmp') : directory;
}

/**
 * Views as files `view-<epoch>.json` in one directory: agreement between the processes of a machine without a server.
 *
 * To store a view, its text is written beside, synced, and linked under its final name, which fails if that name exists:
 * of several writers that follow the same epoch one wins, and a view is never seen half written. (A view that skips
 * epochs is linked under the first one it skips, for the name must follow from the view it replaces.) Only the last 64
 * names are kept, so a writer that slept through as many views can link a name that had been taken; it finds out by
 * listing again, and as the newest view is the one with the highest name, nobody else notices.
 */
export function directoryStore(options: DirectoryStoreOptions): ViewStore {
  const { clock = systemClock, random = systemRandom, poll = 1000 } = options;
  const directory = resolve(options.directory);
  const watches = new Set<() => void>();
  const files = new ViewFiles(directory);
  /** What is under way, and waited for by `close`, if by nobody else. */
  const underWay = new Set<Promise<void>>();
  const aside = (work: Promise<void>): void => {
    underWay.add(work);
    void work.then(() => underWay.delete(work));
  };
  let ready: Promise<void> | undefined;
  let closed = false;

  const prepare = async (): Promise<void> => {
    if (closed) throw new RouterError('CLOSED', 'the view store is closed');
    ready ??= ensurePrivateDirectory(directory);
    try {
      await ready;
    } catch (error) {
      ready = undefined;
      throw error;
    }
  };

  const compareAndSet: ViewStore['compareAndSet'] = async (expected, next) => {
    if (!(next.epoch > expected)) throw new RangeError(`epoch ${next.epoch} cannot follow ${expected}`);
    await prepare();
    const slot = expected + 1;
    const temporary = join(directory, `.view-${process.pid}-${randomName(random, 12)}.tmp`);
    // Calls wait for some views to be stored, and every step is a turn of a busy event loop: what need not wait does not.
    const written = writeSynced(temporary, encodeView(next));
    const removed = (): Promise<void> => unlink(temporary).catch(ignore);
    try {
      const [newest] = await Promise.all([files.newest(), written]);
      if ((newest?.epoch ?? 0) !== expected) return false;
      if (!(await linkNew(temporary, join(directory, nameOf(slot))))) return false;
    } finally {
      aside(written.then(removed, removed));
    }
    const names = await readdir(directory);
    if (newestSlot(names) - slot >= kept) {
      // Either this name had been taken and dropped before, or 64 views were built on this one since: who can say?
      await unlink(join(directory, nameOf(slot))).catch(ignore);
      throw new Error(
        `the outcome of storing epoch ${next.epoch} is unknown: others have gone far beyond it`,
      );
    }
    aside(tidy(directory, names, slot, clock));
    return true;
  };

  return {
    async read() {
      await prepare();
      return files.newest();
    },

    compareAndSet(expected, next) {
      const stored = compareAndSet(expected, next);
      aside(stored.then(ignore, ignore));
      return stored;
    },

    watch(changed) {
      if (closed) return ignore;
      const look = async (): Promise<number> => newestSlot(await readdir(directory));
      const stop = watchDirectory({ directory, clock, poll, prepare, look, slotOf, changed });
      watches.add(stop);
      return () => {
        watches.delete(stop);
        stop();
      };
    },

    async close() {
      closed = true;
      for (const stop of watches) stop();
      watches.clear();
      while (underWay.size > 0) await Promise.all(underWay);
    },
  };
}

const temporaryName = /^\.view-(\d+)-\w+\.tmp$/;

async function writeSynced(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Whether `path` was free, and is now another name of the file `existing`. */
async function linkNew(existing: string, path: string): Promise<boolean> {
  try {
    await link(existing, path);
    return true;
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    if (code !== undefined && ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(code)) {
      const message = `${path}: this file system has no hard links (${code}); choose another directory`;
      throw new RouterError('INVALID_OPTION', message, { cause });
    }
    throw cause;
  }
}

/** Removes old views, and the temporary files of writers that were killed. A failure is left to the next winner. */
async function tidy(
  directory: string,
  names: readonly string[],
  newest: number,
  clock: Clock,
): Promise<void> {
  for (const name of names) {
    const path = join(directory, name);
    const slot = slotOf(name);
    const writer = Number(temporaryName.exec(name)?.[1] ?? 0);
    try {
      if (slot > 0 && slot <= newest - kept) await unlink(path);
      else if (writer > 0 && !isAlive(writer)) {
        if (clock.wallTime() - (await stat(path)).mtimeMs > stale) await unlink(path);
      }
    } catch {
      // Somebody else was faster.
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

function ignore(): void {}
