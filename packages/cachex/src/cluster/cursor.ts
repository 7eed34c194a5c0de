import { type Part, PartialResultError, type RoutedNode } from '@cachex/router';
import type { Key } from '@cachex/router/hash';
import { CacheError } from '../errors.ts';
import type { Engine } from '../local/engine.ts';
import type { Traits } from '../portable.ts';
import type { CheckedQuery } from '../query/query.ts';
import type { CallSettings } from './call-options.ts';
import { type CallerOptions, operationHandler } from './caller.ts';
import { Ending } from './ending.ts';
import type { KeyList, Slice } from './operations/listKeys.ts';
import type { ReadAnswer } from './operations/readEntries.ts';

/** Some entries, or what was selected of them. Values are encoded, unless this node was alone. */
export interface Chunk {
  /** One for each value; `null` where something was selected. */
  readonly traits: readonly (Traits | null)[];
  readonly values: readonly unknown[];
  /** When they were asked for, by the clock of the cache. Traits tell of a moment after that. */
  readonly at: number;
}

/** How many keys are listed at a time, at all owners together. */
const keysAtATime = 16_384;

/** How many entries are read at a time. */
const entriesAtATime = 1_024;

const whole: Slice = { of: 1, index: 0 };

/**
 * Goes through the entries of all nodes. Of each partition the list of keys is taken at once, at its owner; then the entries
 * are read in chunks, at whoever owns them by then. So each entry that lives throughout is seen exactly once, while
 * partitions move and owners die, and no owner has to remember anything.
 */
export class Cursor {
  readonly #name: string;
  readonly #node: RoutedNode;
  readonly #engine: Engine;
  readonly #query: CheckedQuery | undefined;
  readonly #settings: CallSettings;
  /** Partitions whose keys are not known yet, in order. */
  #unlisted: readonly number[];
  /** Partitions that have too many keys for one list, in slices. */
  #slices: (Slice & { readonly partition: number })[] = [];
  /** Of how many partitions the next list may be: about as many as fit into one. */
  #span: number;
  /** Keys whose entries are not read yet, by partition. */
  #unread = new Map<number, readonly Key[]>();
  /** Why it cannot go on once what it has is handed out. */
  #failure: CacheError | undefined;
  /** Whether the last question has left something out for good. */
  #gaveUp = false;
  /** There once it has begun. */
  #ending: Ending | undefined;

  constructor(
    { name, node, engine }: CallerOptions,
    query: CheckedQuery | undefined,
    settings: CallSettings,
  ) {
    this.#name = name;
    this.#node = node;
    this.#engine = engine;
    this.#query = query;
    this.#settings = settings;
    this.#unlisted = engine.partitions;
    this.#span = engine.partitions.length;
  }

  /** The chunks, none of them empty. Nothing is asked before the first is wanted; then one chunk ahead. */
  async *chunks(): AsyncGenerator<Chunk> {
    const { signal } = this.#settings;
    const ending = new Ending(signal);
    this.#ending = ending;
    try {
      let next = this.#next();
      for (;;) {
        const chunk = await next;
        if (chunk === undefined) return;
        next = this.#next();
        // It is told when it is asked for, if ever.
        next.catch(() => {});
        yield chunk;
        signal?.throwIfAborted();
      }
    } finally {
      ending.end();
    }
  }

  async #next(): Promise<Chunk | undefined> {
    for (;;) {
      if (this.#unread.size === 0) {
        if (this.#failure !== undefined) throw this.#failure;
        if (this.#slices.length === 0 && this.#unlisted.length === 0) return undefined;
        await this.#list();
      } else {
        const chunk = await this.#read();
        if (chunk.values.length > 0) return chunk;
      }
    }
  }

  async #list(): Promise<void> {
    const slice = this.#slices.pop();
    const asked = slice === undefined ? this.#unlisted.slice(0, this.#span) : [slice.partition];
    const { of, index } = slice ?? whole;
    const limit = Math.ceil(keysAtATime / this.#node.nodes().length);
    const parts = await this.#ask<readonly KeyList[]>('listKeys', asked, () => [
      { of, index },
      limit,
      this.#query?.where,
      this.#engine.clock.wallTime(),
    ]);
    const listed = new Set<number>();
    for (const [partition, keys, cut] of parts.flatMap(({ value }) => value)) {
      listed.add(partition);
      if (keys.length > 0) this.#unread.set(partition, keys);
      // The same keys in more slices: `hash % (of * cut)` tells `hash % of`.
      for (let n = 0; cut > 1 && n < cut; n += 1)
        this.#slices.push({ partition, of: of * cut, index: index + of * n });
    }
    if (slice !== undefined) {
      if (!listed.has(slice.partition) && !this.#gaveUp) this.#slices.push(slice);
      return;
    }
    this.#unlisted = this.#unlisted.filter((partition) => !listed.has(partition));
    this.#span = Math.max(64, 4 * listed.size);
  }

  async #read(): Promise<Chunk> {
    const groups = new Map<number, readonly Key[]>();
    let count = 0;
    for (const [partition, keys] of this.#unread) {
      if (count >= entriesAtATime) break;
      const some = keys.slice(0, entriesAtATime - count);
      groups.set(partition, some);
      count += some.length;
    }
    const at = this.#engine.clock.now();
    const parts = await this.#ask<ReadAnswer>('readEntries', groups.keys(), (partitions) => [
      [...partitions].map((partition) => [partition, groups.get(partition)!]),
      this.#query,
      this.#engine.clock.wallTime(),
    ]);
    for (const { value } of parts) {
      for (const [partition, done] of value[0]) {
        const left = this.#unread.get(partition)!.slice(done);
        if (left.length > 0) this.#unread.set(partition, left);
        else this.#unread.delete(partition);
      }
    }
    return {
      traits: parts.flatMap(({ value: [some] }) => some.flatMap(([, , traits]) => traits)),
      values: parts.flatMap(({ value: [, values] }) => values),
      at,
    };
  }

  /** Asks the owners of some partitions. Those that do not answer in time are given up: for good, or as a failure. */
  async #ask<T>(
    operation: string,
    partitions: Iterable<number>,
    argsFor: (partitions: Iterable<number>) => readonly unknown[],
  ): Promise<readonly Part<T>[]> {
    const { timeout, partial } = this.#settings;
    const call = {
      service: this.#name,
      handler: operationHandler(operation),
      args: [],
      repeatable: true,
      reads: true,
      ...(this.#ending === undefined ? {} : { signal: this.#ending.signal }),
      ...(timeout === undefined ? {} : { timeout }),
    };
    this.#gaveUp = false;
    try {
      return await this.#node.dispatch.callAll<T>(call, { partitions, args: argsFor });
    } catch (error) {
      if (!(error instanceof PartialResultError)) throw error;
      const { message, cause, missing, epoch, parts } = error;
      this.#gaveUp = true;
      const lost = new Set(missing);
      this.#unlisted = this.#unlisted.filter((partition) => !lost.has(partition));
      this.#slices = this.#slices.filter(({ partition }) => !lost.has(partition));
      for (const partition of missing) this.#unread.delete(partition);
      if (partial !== 'allow') {
        const failure = new CacheError('PARTIAL_RESULT', `the stream cannot go on: ${message}`, { cause });
        const answered = this.#engine.partitions.length - missing.length;
        this.#failure = Object.assign(failure, { answered, missing, epoch });
      }
      return parts as readonly Part<T>[];
    }
  }
}
