import { createHash } from 'node:crypto';
import type { JetStreamManager, MsgRequest, StreamConfig } from '@nats-io/jetstream';
import type { KV } from '@nats-io/kv';
import type { NatsConnection } from '@nats-io/transport-node';
import { RouterError } from '../errors.ts';
import { invalid } from './options.ts';
import { loadPackage } from './packages.ts';

export interface BucketOptions {
  readonly connection: NatsConnection;
  readonly bucket: string;
  readonly cluster: string;
  /** On how many servers it is to be kept, if it is made now. */
  readonly replicas: number;
  /** Whether it is made if it is not there. */
  readonly create: boolean;
  /** How long the servers may take to answer, in ms. */
  readonly timeout: number;
}

/** What the key of a view says. */
export interface Entry {
  /** The epoch that the view was to follow, and one: of those with the same slot, the one that was written first counts. */
  readonly slot: number;
  /** Its own, drawn at random. */
  readonly token: string;
  /** The token of the view that it was to follow. */
  readonly after: string;
}

/** The part of a cluster in the names of keys: legible, and another one for each name that a cluster can have. */
export function keyOf(cluster: string): string {
  const legible = cluster.replaceAll(/[^A-Za-z0-9_-]/g, '_').slice(0, 32);
  return `${legible}-${createHash('sha256').update(cluster, 'utf16le').digest('hex').slice(0, 16)}`;
}

/** The subjects at which the servers tell of views of a cluster that were written. */
export function hintsOf(bucket: string, cluster: string): string {
  return `cachex.hints.${bucket}.${keyOf(cluster)}.>`;
}

const ending = /\.(\d{1,16})\.([a-z0-9]+)\.([a-z0-9]+)$/;

/** The entry that a key or subject ends with. */
export function entryOf(subject: string): Entry | undefined {
  const [, slot, token, after] = ending.exec(subject) ?? [];
  return slot === undefined ? undefined : { slot: Number(slot), token: token!, after: after! };
}

/** What a message has beside the view, and more. */
const envelope = 1024;

/**
 * What one cluster has in a bucket. Every view is written under a key of its own, and nothing is written on a condition:
 * which view follows another one is told by the order in which they were written, as the servers keep it.
 *
 * (To write on the condition that nobody has written meanwhile would be simpler, and in a cluster of servers it fails:
 * several writers succeed at once with version 2.9, and later ones do not promise more than to try; see
 * https://github.com/nats-io/nats-server/issues/4320 and #8469.)
 */
export class Bucket {
  readonly #options: BucketOptions;
  readonly #kv: KV;
  readonly #manager: JetStreamManager;
  readonly #key: string;

  private constructor(options: BucketOptions, kv: KV, manager: JetStreamManager) {
    this.#options = options;
    this.#kv = kv;
    this.#manager = manager;
    this.#key = keyOf(options.cluster);
  }

  /** Opens the bucket. Answers `undefined` if it is not there and must not be made. */
  static async open(options: BucketOptions): Promise<Bucket | undefined> {
    const { connection, bucket, replicas, create, timeout } = options;
    const { jetstream, jetstreamManager } = await loadPackage(
      '@nats-io/jetstream',
      () => import('@nats-io/jetstream'),
    );
    const { Kvm } = await loadPackage('@nats-io/kv', () => import('@nats-io/kv'));
    const kvm = new Kvm(jetstream(connection, { timeout }));
    const manager = await jetstreamManager(connection, { timeout, checkAPI: false });
    try {
      const config = await configOf(manager, bucket);
      if (config !== undefined) refuseUnsafe(bucket, config);
      else if (!create) return undefined;
      else {
        const republish = {
          src: `$KV.${bucket}.view.>`,
          dest: `cachex.hints.${bucket}.>`,
          headers_only: true,
        };
        await kvm.create(bucket, {
          replicas,
          republish,
          allow_direct: false,
          description: 'views of cachex',
        });
      }
    } catch (error) {
      throw explained(error, options);
    }
    return new Bucket(options, await kvm.open(bucket, { allow_direct: false }), manager);
  }

  /** Writes something, and answers with its place in the order of all that is written. */
  mark(): Promise<number> {
    return this.#kv.put(`mark.${this.#key}`, '');
  }

  /**
   * The views that are there, as one server knows them; `undefined` if it does not know yet of what was written at the
   * place `since`. If it does, it knows of everything before as well: servers take what is written in one order.
   */
  async entries(since: number): Promise<readonly Entry[] | undefined> {
    const { state } = await this.#manager.streams.info(this.#stream, { subjects_filter: this.#subject('>') });
    if (state.last_seq < since) return undefined;
    return Object.keys(state.subjects ?? {}).flatMap((subject) => entryOf(subject) ?? []);
  }

  /** Writes a view. Whether it counts is seen by what is there afterwards. Answers with its place in the order. */
  write({ slot, token, after }: Entry, bytes: Uint8Array): Promise<number> {
    const limit = (this.#options.connection.info?.max_payload ?? Number.POSITIVE_INFINITY) - envelope;
    if (bytes.length > limit) {
      const sizes = `the view takes ${bytes.length} bytes, and the NATS server takes no more than ${limit}`;
      const advice = 'raise its max_payload, or found the cluster with fewer partitions';
      throw new RouterError('TOO_LARGE', `${sizes}: ${advice}`);
    }
    return this.#kv.put(`view.${this.#key}.${slot}.${token}.${after}`, bytes);
  }

  /** The view that was written first for a slot; `undefined` if there is none, or that server does not know of it yet. */
  async first(slot: number): Promise<{ readonly entry: Entry; readonly bytes: Uint8Array } | undefined> {
    const question = { seq: 1, next_by_subj: this.#subject(`${slot}.>`) };
    // Servers have known this question since version 2.9; only the types of the client do not.
    const message = await this.#manager.streams.getMessage(this.#stream, question as MsgRequest);
    const entry = message === null ? undefined : entryOf(message.subject);
    return entry === undefined ? undefined : { entry, bytes: message!.data };
  }

  /** Removes the views that were written before the place `before`. */
  async tidy(before: number): Promise<void> {
    // There are none before the first message; and version 2.9 takes 1 for all there are.
    if (before > 1)
      await this.#manager.streams.purge(this.#stream, { filter: this.#subject('>'), seq: before });
  }

  get #stream(): string {
    return `KV_${this.#options.bucket}`;
  }

  #subject(rest: string): string {
    return `$KV.${this.#options.bucket}.view.${this.#key}.${rest}`;
  }
}

async function configOf(manager: JetStreamManager, bucket: string): Promise<StreamConfig | undefined> {
  try {
    return (await manager.streams.info(`KV_${bucket}`)).config;
  } catch (error) {
    if ((error as Error).name === 'StreamNotFoundError') return undefined;
    throw error;
  }
}

/** A bucket that somebody else has made may lose what a cluster has agreed on. */
function refuseUnsafe(
  bucket: string,
  { storage, max_age, discard, max_bytes, max_msgs }: StreamConfig,
): void {
  const drops = discard !== 'new' && (max_bytes > 0 || max_msgs > 0);
  const flaw =
    storage !== 'file'
      ? 'is kept in memory, and lost when its server restarts'
      : max_age > 0
        ? 'lets its entries expire'
        : drops
          ? 'drops entries when it is full'
          : undefined;
  if (flaw !== undefined) throw invalid('bucket', `'${bucket}' ${flaw}; remove it, or name another one`);
}

/** The code of a server that is alone and should keep several copies. */
const noReplicas = 10074;

function explained(error: unknown, { connection, replicas }: BucketOptions): unknown {
  const { name, message, code } = error as Error & { code?: unknown };
  if (name === 'JetStreamNotEnabled') {
    const problem = `JetStream is not enabled at ${connection.getServer()}, or not for this account`;
    return new RouterError('INVALID_OPTION', `servers: ${problem}; start nats-server with -js`, {
      cause: error,
    });
  }
  if (code === noReplicas)
    return invalid('replicas', `${replicas} are more than there are servers (${message})`);
  return error;
}
