import { promisify } from 'node:util';
import { brotliCompress, brotliDecompress, constants } from 'node:zlib';
import { RouterError } from '../errors.ts';
import { defaultFrameLimit } from '../frame.ts';
import { Bucket, type Entry, entryOf, hintsOf } from '../nats/bucket.ts';
import { Hold } from '../nats/hold.ts';
import { invalid, type NatsOptions, type NatsSettings, positive, settleNats } from '../nats/options.ts';
import { NatsSession } from '../nats/session.ts';
import { randomName } from '../random.ts';
import type { View } from '../view.ts';
import { decodeView, encodeView } from '../view-json.ts';
import type { ViewStore, ViewStorePlace, ViewStoreSetting } from '../view-store.ts';
import { NatsWatch } from './nats-watch.ts';

export interface NatsStoreOptions extends NatsOptions {
  /**
   * The bucket, of the letters `A-Z a-z 0-9 _ -`, which may hold many clusters. It is made if it is not there. Default:
   * `'cachex'`.
   */
  readonly bucket?: string;
  /** On how many servers the bucket is kept, 1 to 5; counts only for who makes it. Use 3, and three servers. Default: 1. */
  readonly replicas?: number;
  /** Milliseconds between looks at the bucket, beside what its servers tell. Default: 5000. */
  readonly poll?: number;
}

/**
 * Views in a JetStream key-value bucket: agreement between machines. Needs nats-server 2.9 or later with JetStream, and the
 * packages `@nats-io/transport-node`, `@nats-io/jetstream` and `@nats-io/kv`.
 *
 * `join({ cluster, store: natsStore({ servers }) })` names the cluster. While no server can be reached nobody joins or
 * leaves, and calls go on. Throws `INVALID_OPTION`; what `join` rejects with besides: `INVALID_OPTION` if the servers
 * refuse the credentials or have no JetStream, or if the bucket would lose views, and `MISSING_PACKAGE`.
 */
export function natsStore(options: NatsStoreOptions): ViewStorePlace {
  const { bucket = 'cachex', replicas = 1 } = options;
  const settings: NatsStoreSettings = {
    ...settleNats(options, ['bucket', 'replicas', 'poll']),
    bucket,
    replicas,
    poll: positive('poll', options.poll, 5_000),
  };
  if (typeof bucket !== 'string' || !/^[A-Za-z0-9_-]{1,128}$/.test(bucket))
    throw invalid('bucket', `${String(bucket)} is not 1 to 128 of A-Z a-z 0-9 _ -`);
  if (!Number.isInteger(replicas) || replicas < 1 || replicas > 5)
    throw invalid('replicas', `${String(replicas)} is not a whole number from 1 to 5`);
  return (setting) => new NatsStore(settings, setting);
}

interface NatsStoreSettings extends NatsSettings {
  readonly bucket: string;
  readonly replicas: number;
  readonly poll: number;
}

/** How long an operation may ask again because a server is late, in ms, and how long it waits in between. */
const patience = 5_000;
const pause = 20;

/** A view that counts, and its key. */
interface Stored {
  readonly entry: Entry;
  readonly view: View;
}

class NatsStore implements ViewStore {
  readonly #settings: NatsStoreSettings;
  readonly #setting: ViewStoreSetting;
  readonly #session: NatsSession;
  readonly #watch: NatsWatch;
  readonly #hold = new Hold();
  #bucket: Promise<Bucket | undefined> | undefined;
  /** The newest view that this process has seen. */
  #seen: Stored | undefined;
  #closed = false;

  constructor(settings: NatsStoreSettings, setting: ViewStoreSetting) {
    const { clock, cluster } = setting;
    this.#settings = settings;
    this.#setting = setting;
    this.#watch = new NatsWatch({
      clock,
      poll: settings.poll,
      look: () => this.#with(async (bucket) => newestSlot((await bucket.entries(0))!)),
    });
    this.#session = new NatsSession({
      settings,
      clock,
      opened: (connection) => {
        connection.subscribe(hintsOf(settings.bucket, cluster), {
          callback: (error, { subject }) => {
            const entry = error === null ? entryOf(subject) : undefined;
            if (entry !== undefined) this.#watch.saw(entry.slot);
          },
        });
      },
      lost: () => {
        this.#bucket = undefined;
        this.#watch.lost();
      },
    });
  }

  async read(): Promise<View | undefined> {
    return this.#with(async (bucket) => (await this.#newest(bucket))?.view);
  }

  async compareAndSet(expected: number, next: View): Promise<boolean> {
    if (!(next.epoch > expected)) throw new RangeError(`epoch ${next.epoch} cannot follow ${expected}`);
    return this.#with(async (bucket) => {
      const newest = await this.#newest(bucket);
      if ((newest?.view.epoch ?? 0) !== expected) return false;
      const token = randomName(this.#setting.random, 16);
      const entry: Entry = { slot: expected + 1, token, after: newest?.entry.token ?? 'none' };
      const place = await bucket.write(entry, await compressed(next));
      if (!(await this.#counts(bucket, entry, next.epoch, place))) return false;
      this.#see({ entry, view: next });
      // It is not needed for anything but room, and whoever is next does it as well.
      bucket.tidy(place).catch(() => {});
      return true;
    });
  }

  watch(changed: () => void): () => void {
    return this.#closed ? () => {} : this.#watch.add(changed);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#watch.close();
    await this.#session.close();
  }

  /**
   * The view that was the newest at some time after the question, for a lease is counted from then. Any server may answer,
   * and one that was the leader a moment ago may not know better. So a mark is written, which takes most of the servers, and
   * only who knows of the mark may answer: it knows of all views before.
   */
  async #newest(bucket: Bucket): Promise<Stored | undefined> {
    const mark = await this.#untilKnown(() => markUnlessLeaderless(bucket));
    return this.#untilKnown(async () => {
      const entries = await bucket.entries(mark);
      if (entries === undefined) return 'late';
      const seen = this.#seen;
      const slot = newestSlot(entries);
      if (slot === 0) {
        if (seen !== undefined) throw this.#lost('has no views');
        return undefined;
      }
      if (slot === seen?.entry.slot && entries.some(({ token }) => token === seen.entry.token)) return seen;
      const first = await bucket.first(slot);
      // One that was not there has come after views that were built on the first, and removed it.
      if (first === undefined || !entries.some(({ token }) => token === first.entry.token)) return 'late';
      const stored = { entry: first.entry, view: await decompressed(first.bytes) };
      if (stored.view.epoch < (seen?.view.epoch ?? 0)) throw this.#lost(`has epoch ${stored.view.epoch}`);
      this.#see(stored);
      return stored;
    });
  }

  /**
   * Whether the view that was written at `place` is the first of its slot. That is so if views were built on it, or if
   * there is none but it, or if it is in front; then nobody can come before it any more.
   */
  #counts(bucket: Bucket, { slot, token }: Entry, epoch: number, place: number): Promise<boolean> {
    return this.#untilKnown(async () => {
      const entries = await bucket.entries(place);
      if (entries === undefined) return 'late';
      const next = entries.find((entry) => entry.slot === epoch + 1);
      if (next !== undefined) return next.after === token;
      // Whoever removed it may have come after views that were built on it.
      if (!entries.some((entry) => entry.token === token))
        throw new Error(`the outcome of storing epoch ${epoch} is unknown: others have gone far beyond it`);
      if (newestSlot(entries) > slot) return false;
      if (entries.filter((entry) => entry.slot === slot).length === 1) return true;
      const first = await bucket.first(slot);
      if (first === undefined || !entries.some((entry) => entry.token === first.entry.token)) return 'late';
      return first.entry.token === token;
    });
  }

  /** Asks until a server answers that knows enough. */
  async #untilKnown<T>(ask: () => Promise<T | 'late'>): Promise<T> {
    const { clock } = this.#setting;
    const end = clock.now() + patience;
    for (;;) {
      const answer = await ask();
      if (answer !== 'late') return answer;
      if (this.#closed || clock.now() > end) throw new Error('the NATS server lags behind');
      await new Promise<void>((resolve) => clock.after(pause, resolve));
    }
  }

  #with<T>(work: (bucket: Bucket) => Promise<T>): Promise<T> {
    return this.#hold.during(() => this.#do(work));
  }

  async #do<T>(work: (bucket: Bucket) => Promise<T>): Promise<T> {
    if (this.#closed) throw closed();
    try {
      const connection = await this.#session.connected();
      this.#bucket ??= Bucket.open({
        ...this.#settings,
        connection,
        cluster: this.#setting.cluster,
        create: this.#seen === undefined,
      });
      const bucket = await this.#bucket;
      if (bucket === undefined) throw this.#lost('is gone');
      return await work(bucket);
    } catch (error) {
      // Whatever it was: the next one looks whether the bucket is there.
      this.#bucket = undefined;
      if (this.#closed) throw closed();
      throw this.#explained(error as Error);
    }
  }

  #explained(error: Error): Error {
    if (error.name === 'StreamNotFoundError' && this.#seen !== undefined) return this.#lost('is gone');
    if (!isLeaderless(error)) return error;
    const { bucket } = this.#settings;
    return new Error(`nobody takes what is written to bucket '${bucket}'`, { cause: error });
  }

  #see(stored: Stored): void {
    if (stored.view.epoch >= (this.#seen?.view.epoch ?? 0)) this.#seen = stored;
  }

  /** Views never go back: what is empty, or older than what was seen here, is an outage and no news. */
  #lost(state: string): RouterError {
    const message =
      `bucket '${this.#settings.bucket}' ${state}, and epoch ${this.#seen?.view.epoch} was in it: it was deleted, or an ` +
      'older one was put in its place. Nothing can change in this cluster until it is back, or all nodes have stopped';
    return new RouterError('STORE_LOST', message);
  }
}

/** The client takes it for something else, but this is merely that nobody has answered, and so nothing was done. */
function isLeaderless(error: Error): boolean {
  return error.name === 'JetStreamNotEnabled';
}

/** Somebody may be making the bucket just now, or its servers are choosing a leader. */
async function markUnlessLeaderless(bucket: Bucket): Promise<number | 'late'> {
  try {
    return await bucket.mark();
  } catch (error) {
    if (!isLeaderless(error as Error)) throw error;
    // Rejects if there is no bucket any more.
    await bucket.entries(0);
    return 'late';
  }
}

/** 0 if there are no views. */
function newestSlot(entries: readonly Entry[]): number {
  return entries.reduce((newest, { slot }) => Math.max(newest, slot), 0);
}

function closed(): RouterError {
  return new RouterError('CLOSED', 'the view store is closed');
}

/** No view is larger: nobody could be told of it. A few bytes may claim to be any number of them. */
const mostBytes = 2 * defaultFrameLimit;

async function compressed(view: View): Promise<Uint8Array> {
  const text = encodeView(view);
  // As small as the best that zlib can do, in a tenth of the time.
  const params = { [constants.BROTLI_PARAM_QUALITY]: 4 };
  return promisify(brotliCompress)(text, { params });
}

async function decompressed(bytes: Uint8Array): Promise<View> {
  let text: Buffer;
  try {
    text = await promisify(brotliDecompress)(bytes, { maxOutputLength: mostBytes });
  } catch (cause) {
    throw new RouterError('PROTOCOL', `not a view: ${(cause as Error).message}`, { cause });
  }
  return decodeView(text.toString());
}
