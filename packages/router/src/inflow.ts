import {
  type CopyRecord,
  checkStreamMessage,
  copyRecords,
  placeOf,
  type StreamAnswer,
  type StreamMessage,
} from './replica-stream.ts';
import type { Services } from './services.ts';
import type { View } from './view.ts';

/** This node's copy of a partition that another node owns. */
interface Copy {
  /** The owner, as the copy knows it, and the stream that may change it; none until that owner goes on with it. */
  from: string;
  stream: string | undefined;
  term: number;
  readonly origin: number;
  /** Everything its owner had acknowledged is in it. */
  inSync: boolean;
}

interface Stream {
  readonly name: string;
  /** The sequence of the message that comes next. */
  next: number;
  /** Copies that cannot go on, until they begin anew. */
  readonly refused: Set<number>;
}

/**
 * The target's end of all replica streams: copies of partitions that other nodes own. A copy is served only if a view
 * names this node as the owner, the copy was in sync, and the partition's data has not begun again since.
 */
export class Inflow {
  readonly #self: string;
  readonly #services: Services;
  readonly #copies = new Map<number, Copy>();
  /** The newest stream of each owner, by its incarnation. */
  readonly #streams = new Map<string, Stream>();

  constructor(self: string, services: Services) {
    this.#self = self;
    this.#services = services;
  }

  /** Whether this node has an in-sync copy of a partition, as its owner's view tells. */
  holds(view: View, partition: number): boolean {
    return this.#copies.get(partition)?.inSync === true && view.backups[partition]!.includes(this.#self);
  }

  /**
   * Takes a message of the owner `from`; one that makes no sense is a `RangeError`, and nothing of it is applied. A record that
   * its service cannot take is left out, and the copy of its partition is refused.
   */
  take(view: View, from: string, message: StreamMessage): StreamAnswer {
    checkStreamMessage(message, view.owners.length);
    const { stream, sequence, epoch, units } = message;
    if (view.epoch < epoch) return 'behind';
    const state = this.#streamOf(view, stream, sequence);
    if (typeof state === 'string') return state;
    if (sequence > state.next) return 'gap';
    if (sequence === state.next) {
      state.next += 1;
      for (const unit of units) {
        for (const [service, partition, record] of unit) {
          if (service === copyRecords) this.#direct(view, from, state, partition, record as CopyRecord);
          else this.#stage(state, service, partition, record);
        }
      }
    }
    return [...state.refused];
  }

  /** Decides on every copy by a new view: to be served, to be kept, or to be dropped. */
  follow(view: View): void {
    for (const source of this.#streams.keys()) {
      if (!view.members.some(({ incarnation }) => incarnation === source)) this.#streams.delete(source);
    }
    for (const [partition, copy] of [...this.#copies]) {
      const owner = view.owners[partition];
      const sameData = view.origins[partition] === copy.origin;
      if (owner === this.#self) {
        if (copy.inSync && sameData) this.#promote(partition);
        else this.#discard(partition);
      } else if (owner == null || !sameData || !this.#keeps(view, partition, copy, owner)) {
        this.#discard(partition);
      }
    }
  }

  /** Whether this node has what it needs to serve a partition that it is given with data. */
  ready(view: View, partition: number): boolean {
    const copy = this.#copies.get(partition);
    return copy?.inSync === true && view.origins[partition] === copy.origin;
  }

  /** What this node owned goes on as a copy, for the view that named another owner says so. */
  demote(view: View, partition: number): void {
    this.#copies.set(partition, {
      from: view.owners[partition]!,
      stream: undefined,
      term: view.terms[partition]!,
      origin: view.origins[partition]!,
      inSync: true,
    });
    for (const { replica, backed } of this.#services.all()) {
      if (backed === false) replica?.drop(partition);
      else replica?.demote(partition);
    }
  }

  /** Drops every copy: this node is not a member any more. */
  close(): void {
    for (const partition of [...this.#copies.keys()]) this.#discard(partition);
    this.#streams.clear();
  }

  #keeps(view: View, partition: number, copy: Copy, owner: string): boolean {
    if (view.backups[partition]!.includes(this.#self)) {
      if (!copy.inSync) return false;
      if (copy.from !== owner || copy.term !== view.terms[partition]) {
        // The earlier owner left all copies as the new one has it, which goes on with this one.
        copy.from = owner;
        copy.stream = undefined;
        copy.term = view.terms[partition]!;
        // It says nothing of services that are not backed up, of which a move that came to nothing may have left some.
        for (const { replica, backed } of this.#services.all())
          if (backed === false) replica?.discard(partition);
      }
      return true;
    }
    // One that is still to be published, or has just been taken out, and whose owner will say so.
    return copy.from === owner && copy.term === view.terms[partition] && this.#goesOn(copy);
  }

  #goesOn({ stream }: Copy): boolean {
    if (stream === undefined) return false;
    return this.#streams.get(placeOf(stream).source)?.name === stream;
  }

  #streamOf(view: View, name: string, sequence: number): Stream | 'gap' | 'over' {
    const { source, number } = placeOf(name);
    const known = this.#streams.get(source);
    if (known?.name === name) return known;
    if (known !== undefined && number < placeOf(known.name).number) return 'over';
    if (!view.members.some(({ incarnation }) => incarnation === source)) return 'over';
    if (sequence > 0) return 'gap';
    const stream: Stream = { name, next: 0, refused: new Set() };
    this.#streams.set(source, stream);
    // The owner has given the earlier stream up. What is published stays: it is all there is if the owner dies now.
    for (const [partition, copy] of [...this.#copies]) {
      const published = view.backups[partition]!.includes(this.#self);
      if (copy.stream !== undefined && placeOf(copy.stream).source === source && !published)
        this.#discard(partition);
    }
    return stream;
  }

  #direct(view: View, from: string, stream: Stream, partition: number, record: CopyRecord): void {
    const copy = this.#copies.get(partition);
    const published = view.backups[partition]!.includes(this.#self);
    switch (record[0]) {
      case 'open': {
        const [, term, origin] = record;
        const current = view.owners[partition] === from && view.terms[partition] === term;
        if (!current || published) {
          stream.refused.add(partition);
          break;
        }
        this.#discard(partition);
        this.#copies.set(partition, { stream: stream.name, from, term, origin, inSync: false });
        stream.refused.delete(partition);
        break;
      }
      case 'attach': {
        const [, term, origin] = record;
        const current = view.owners[partition] === from && view.terms[partition] === term;
        if (!current || !published || copy?.inSync !== true || copy.origin !== origin || copy.from !== from) {
          stream.refused.add(partition);
          break;
        }
        copy.stream = stream.name;
        stream.refused.delete(partition);
        break;
      }
      case 'synced':
        if (copy?.stream === stream.name) copy.inSync = true;
        break;
      case 'close':
        stream.refused.delete(partition);
        if (copy?.stream === stream.name && !published) this.#discard(partition);
    }
  }

  #stage(stream: Stream, service: string, partition: number, record: readonly unknown[]): void {
    if (this.#copies.get(partition)?.stream !== stream.name) return;
    const replica = this.#services.get(service)?.replica;
    // A service that is not open here cannot be copied. The owner learns of it, and acknowledges nothing that is missing
    // here: so what there is stays, for it may just have been published.
    if (replica === undefined) stream.refused.add(partition);
    else {
      try {
        replica.stage(partition, record);
      } catch {
        // A record that this build cannot make sense of: the copy lacks it, and cannot go on.
        stream.refused.add(partition);
      }
    }
  }

  #promote(partition: number): void {
    this.#copies.delete(partition);
    for (const service of this.#services.all()) service.replica?.promote(partition);
  }

  #discard(partition: number): void {
    if (!this.#copies.delete(partition)) return;
    for (const service of this.#services.all()) service.replica?.discard(partition);
  }
}
