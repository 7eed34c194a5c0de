/** Where `dump` writes and `load` reads: the disk of this process, unless a cache is given another place. */
export interface Files {
  /** Begins a file that takes the place of `path` when it is published; until then it lies elsewhere. */
  create(path: string): Promise<NewFile>;
  open(path: string): Promise<StoredFile>;
}

/** A file that is being written, from its beginning to its end. */
export interface NewFile {
  write(bytes: Uint8Array): Promise<void>;
  /** Sees to it that everything is stored, and puts the file in its place. */
  publish(): Promise<void>;
  /** Removes what was written; the file that was there before stays. */
  discard(): Promise<void>;
}

export interface StoredFile {
  /** In bytes. */
  readonly size: number;
  /** So many bytes from there; fewer only where the file ends. */
  read(position: number, length: number): Promise<Uint8Array>;
  close(): Promise<void>;
}
