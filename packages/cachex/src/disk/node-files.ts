import { createHash, randomBytes } from 'node:crypto';
import { type FileHandle, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { Files, NewFile, StoredFile } from './files.ts';

/** The file system, by Node.js. */
export const nodeFiles: Files = {
  async create(path) {
    await removeStale(path);
    const temporary = `${path}.${host}-${process.pid}-${randomBytes(6).toString('hex')}.tmp`;
    return new BesideFile(path, temporary, await open(temporary, 'wx', 0o600));
  },
  async open(path) {
    const handle = await open(path, 'r');
    try {
      return new HandledFile(handle, (await handle.stat()).size);
    } catch (error) {
      await handle.close();
      throw error;
    }
  },
};

/** Writers of other machines may share the directory; of their processes nothing is known here. */
const host = createHash('sha256').update(hostname()).digest('hex').slice(0, 8);

/** What another machine has not touched for so long is nobody's any more. A writer writes all the time. */
const longestPause = 3_600_000;

class BesideFile implements NewFile {
  readonly #path: string;
  readonly #temporary: string;
  readonly #handle: FileHandle;

  constructor(path: string, temporary: string, handle: FileHandle) {
    this.#path = path;
    this.#temporary = temporary;
    this.#handle = handle;
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let written = 0; written < bytes.length; )
      written += (await this.#handle.write(bytes, written, bytes.length - written)).bytesWritten;
  }

  async publish(): Promise<void> {
    await this.#handle.sync();
    await this.#handle.close();
    await rename(this.#temporary, this.#path);
    await syncDirectory(dirname(this.#path));
  }

  async discard(): Promise<void> {
    await this.#handle.close().catch(() => {});
    await rm(this.#temporary, { force: true });
  }
}

class HandledFile implements StoredFile {
  readonly size: number;
  readonly #handle: FileHandle;

  constructor(handle: FileHandle, size: number) {
    this.#handle = handle;
    this.size = size;
  }

  async read(position: number, length: number): Promise<Uint8Array> {
    const buffer = Buffer.allocUnsafe(length);
    let read = 0;
    while (read < length) {
      const { bytesRead } = await this.#handle.read(buffer, read, length - read, position + read);
      if (bytesRead === 0) break;
      read += bytesRead;
    }
    return buffer.subarray(0, read);
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

/** Removes what writers of the same file have left that died before they were done. */
async function removeStale(path: string): Promise<void> {
  const directory = dirname(path);
  const prefix = `${basename(path)}.`;
  const temporary = /^([0-9a-f]{8})-(\d+)-[0-9a-f]{12}\.tmp$/;
  for (const name of await readdir(directory)) {
    const parts = name.startsWith(prefix) ? temporary.exec(name.slice(prefix.length)) : null;
    if (parts === null) continue;
    const file = join(directory, name);
    const touched = await stat(file).then(
      ({ mtimeMs }) => mtimeMs,
      () => undefined,
    );
    if (touched !== undefined && isStale(parts[1]!, Number(parts[2]), touched))
      await rm(file, { force: true });
  }
}

function isStale(of: string, pid: number, touched: number): boolean {
  if (of !== host) return Date.now() - touched > longestPause;
  // An earlier process may have had this one's number, as the first of a container always does.
  if (pid === process.pid) return touched < Date.now() - process.uptime() * 1_000 - 1_000;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

/** Not every system can do that; a file that was renamed is in its place all the same. */
async function syncDirectory(path: string): Promise<void> {
  try {
    const handle = await open(path, 'r');
    await handle.sync().finally(() => handle.close());
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (!['EACCES', 'EBADF', 'EINVAL', 'EISDIR', 'ENOTSUP', 'EPERM'].includes(code ?? '')) throw error;
  }
}
