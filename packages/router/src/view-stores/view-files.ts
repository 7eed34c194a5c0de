import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { RouterError } from '../errors.ts';
import type { View } from '../view.ts';
import { decodeView } from '../view-json.ts';

const viewName = /^view-(\d{16})\.json$/;

/** The name under which a view is stored. */
export function nameOf(slot: number): string {
  return `view-${String(slot).padStart(16, '0')}.json`;
}

/** The number in the name of a stored view; 0 for any other name. */
export function slotOf(name: string): number {
  return Number(viewName.exec(name)?.[1] ?? 0);
}

export function newestSlot(names: readonly string[]): number {
  return names.reduce((newest, name) => Math.max(newest, slotOf(name)), 0);
}

/** What tells one file from another that has had its name, or has its place on the disk. */
interface Identity {
  readonly slot: number;
  readonly inode: bigint;
  readonly written: bigint;
  readonly size: bigint;
}

/** The views in a directory. Files of views never change, so the last one that was read is not read again. */
export class ViewFiles {
  readonly #directory: string;
  #last: { readonly identity: Identity; readonly view: View } | undefined;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** The newest view, if there is one. A file that holds none is `PROTOCOL`. */
  async newest(): Promise<View | undefined> {
    for (let missed = 0; ; ) {
      const slot = newestSlot(await readdir(this.#directory));
      if (slot === 0) return undefined;
      try {
        return await this.#read(slot);
      } catch (cause) {
        // Between the two calls 64 newer views can have come; more often than once, something else removes files.
        missed += 1;
        if ((cause as NodeJS.ErrnoException).code !== 'ENOENT' || missed > 2) throw cause;
      }
    }
  }

  async #read(slot: number): Promise<View> {
    const path = join(this.#directory, nameOf(slot));
    const { ino: inode, mtimeNs: written, size } = await stat(path, { bigint: true });
    const identity: Identity = { slot, inode, written, size };
    if (this.#last !== undefined && isSame(identity, this.#last.identity)) return this.#last.view;
    const text = await readFile(path, 'utf8');
    try {
      const view = decodeView(text);
      if (view.epoch < slot) throw new RouterError('PROTOCOL', `its epoch is ${view.epoch}`);
      this.#last = { identity, view };
      return view;
    } catch (cause) {
      throw new RouterError('PROTOCOL', `${path} holds no view; stop all nodes and remove it`, { cause });
    }
  }
}

function isSame(one: Identity, other: Identity): boolean {
  return (
    one.slot === other.slot &&
    one.inode === other.inode &&
    one.written === other.written &&
    one.size === other.size
  );
}
