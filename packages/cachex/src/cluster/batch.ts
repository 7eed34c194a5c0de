import {
  Encoded,
  type Handler,
  type Part,
  PartialResultError,
  Reconsider,
  type Shares,
} from '@cachex/router';
import { hashKey, partitionOf } from '@cachex/router/hash';
import type { AnyBatch, Room } from '../batch.ts';
import { executeAction, finishResult } from '../bind.ts';
import { CacheError } from '../errors.ts';
import type { Engine } from '../local/engine.ts';
import { blockedKeys } from './blocked.ts';
import type { CallSettings } from './call-options.ts';
import type { CallerOptions } from './caller.ts';
import type { Lending } from './lending.ts';
import type { WireForm } from './wire-form.ts';

/** How many items, and about how many bytes of them, are on their way at a time. One request takes all of it, if need be. */
const waveItems = 8_192;
const waveBytes = 4 * 1024 * 1024;
/** What an item takes beside its key and its value, on its way to its owner and from there to copies. */
const itemOverhead = 128;

/** What the owner of some keys does of a batch: it executes the items whose keys are here now, as far as its answer has room. */
export function batchHandler(
  engine: Engine,
  values: WireForm,
  action: AnyBatch,
  largest: number,
  lending: Lending,
): Handler {
  const { keyOf, whole } = action.route;
  const { partitions: count } = engine.store;
  return (context, items: readonly unknown[], options: unknown) => {
    const { partitions, deadline } = context;
    const here = new Set(partitions);
    const mine = items.filter((item) => here.has(partitionOf(hashKey(keyOf(item)), count)));
    // The caller looks again who owns them all.
    if (whole?.(options) === true && mine.length < items.length) return [];
    const keys = mine.map((item) => ({ key: keyOf(item), hash: hashKey(keyOf(item)) }));
    const wait = blockedKeys(engine, action, keys, deadline);
    if (wait !== undefined) throw new Reconsider('keys are locked', wait.catch(goOn));
    const results = executeAction(engine, action, roomFor(action, values, largest), [mine, options]);
    if (action.near === 'value') {
      const found = keys.filter((_, n) => (results as unknown[])[n] !== undefined);
      context.note = lending.noteForAll(context, found);
    }
    return action.result === 'values'
      ? (results as unknown[]).map((held) => answered(values, held))
      : results;
  };
}

/** Others may have done their part: what this node cannot do in time is a part that is missing. */
function goOn(error: CacheError): void {
  if (error.code !== 'LOCKED') throw error;
}

function roomFor(action: AnyBatch, values: WireForm, largest: number): Room {
  let bytes = 0;
  if (action.result !== 'values' || action.effect !== 'read') return () => true;
  return (held) => {
    const answer = answered(values, held);
    bytes += answer instanceof Encoded ? answer.length + 8 : 1;
    return bytes <= Math.min(waveBytes, largest);
  };
}

function answered(values: WireForm, held: unknown): unknown {
  return held === undefined ? undefined : values.answer(held);
}

/** By the position of an item: that its value may be kept for so many ms, as `from` says. */
export type Lent = Map<number, { readonly note: number; readonly from: string }>;

/** A batch on its way: which of its items have their results. */
class Progress {
  readonly action: AnyBatch;
  readonly items: readonly unknown[];
  readonly options: unknown;
  /** The partition of each. */
  readonly places: readonly number[];
  /** In the order of the items; a hole is one without an answer. */
  readonly results: unknown[];
  /** The positions of the items that have none yet, in order. */
  left: number[];

  constructor(action: AnyBatch, items: readonly unknown[], options: unknown, partitions: number) {
    this.action = action;
    this.items = items;
    this.options = options;
    this.places = items.map((item) => partitionOf(hashKey(action.route.keyOf(item)), partitions));
    this.results = new Array<unknown>(items.length).fill(undefined);
    this.left = items.map((_, index) => index);
  }

  /** The positions that are sent next. Those of one key stay in their order: they are never on their way at a time. */
  wave(largest: number): number[] {
    let bytes = 0;
    const end = this.left.findIndex((index, n) => {
      bytes += sizeOf(this.items[index]) + itemOverhead;
      return n > 0 && (n >= waveItems || bytes > Math.min(waveBytes, largest));
    });
    return end < 0 ? this.left : this.left.slice(0, end);
  }

  /** What each owner is sent of a wave. */
  shares(wave: readonly number[], whole: boolean): Shares {
    return {
      partitions: new Set(wave.map((index) => this.places[index]!)),
      args: (owned) => {
        const share = whole ? wave : wave.filter((index) => owned.has(this.places[index]!));
        return [share.map((index) => this.items[index]), this.options];
      },
    };
  }

  take(wave: readonly number[], parts: readonly Part<readonly unknown[]>[], lent?: Lent): void {
    const done = new Set<number>();
    for (const { value, covered, from, note } of parts) {
      const here = new Set(covered);
      const share = wave.filter((index) => here.has(this.places[index]!));
      for (const [n, result] of value.entries()) {
        this.results[share[n]!] = result;
        if (note !== undefined) lent?.set(share[n]!, { note, from });
        done.add(share[n]!);
      }
    }
    this.left = this.left.filter((index) => !done.has(index));
  }
}

/** Executes each item of a batch at the owner of its key, once; answers as the method does. */
export async function routeBatch(
  action: AnyBatch,
  held: readonly unknown[],
  args: readonly unknown[],
  settings: CallSettings,
  { name, node, values }: CallerOptions,
  lending?: { readonly hint: number; readonly lent: Lent },
): Promise<unknown> {
  const [items, options] = held as [readonly unknown[], unknown];
  const progress = new Progress(action, items, options, node.view.owners.length);
  const whole = action.route.whole?.(options) === true;
  const deadline = node.clock.now() + (settings.timeout ?? node.timeout);
  const finish = (): unknown => finishResult(action, values, progress.results, args);
  if (whole) refuseLarge(action, items, node.largestValue);
  while (progress.left.length > 0) {
    const wave = whole ? progress.left : progress.wave(node.largestValue);
    const shares = progress.shares(wave, whole);
    if (whole) refuseScattered(action, shares.partitions, node.view.owners);
    const timeout = deadline - node.clock.now();
    if (timeout <= 0) return unfinished(progress, settings, finish, node.view.epoch, undefined);
    const call = {
      service: name,
      handler: action.name,
      args: [],
      repeatable: action.repeatable,
      reads: action.effect === 'read',
      hint: lending?.hint,
      timeout,
      ...(settings.signal === undefined ? {} : { signal: settings.signal }),
    };
    try {
      progress.take(wave, await node.dispatch.callAll<readonly unknown[]>(call, shares), lending?.lent);
    } catch (error) {
      if (!(error instanceof PartialResultError)) throw error;
      progress.take(wave, error.parts as Part<readonly unknown[]>[]);
      if (error.doubtful) throw doubtful(action, error);
      return unfinished(progress, settings, finish, error.epoch, error);
    }
  }
  return finish();
}

/** What a call answers whose time is over: never silently a part of it. */
function unfinished(
  { action, items, left, places }: Progress,
  settings: CallSettings,
  finish: () => unknown,
  epoch: number,
  cause: unknown,
): unknown {
  if (settings.partial === 'allow') return finish();
  const missing = [...new Set(left.map((index) => places[index]!))].sort((a, b) => a - b);
  const answered = new Set(places).size - missing.length;
  const message = `${action.name}: ${left.length} of ${items.length} keys had no answer in time`;
  throw Object.assign(new CacheError('PARTIAL_RESULT', message, { cause }), {
    value: finish(),
    answered,
    missing,
    epoch,
  });
}

function doubtful({ name }: AnyBatch, cause: Error): CacheError {
  const message = `${name}: some of the keys may or may not have been changed: ${cause.message}`;
  return new CacheError('UNKNOWN_OUTCOME', message, { cause });
}

function refuseScattered(
  { name }: AnyBatch,
  partitions: Iterable<number>,
  owners: readonly (string | null)[],
): void {
  const those = new Set<string>();
  for (const partition of partitions) {
    const owner = owners[partition];
    if (owner != null) those.add(owner);
  }
  if (those.size <= 1) return;
  throw new CacheError(
    'CROSS_SLOT',
    `${name}: the keys belong to ${[...those].sort().join(', ')}, and \`atomic\` asks for one owner; leave it out, or use a transaction`,
  );
}

/** What one node does as a whole must fit into one request, and its copies are told of it at once. */
function refuseLarge({ name }: AnyBatch, items: readonly unknown[], largest: number): void {
  const bytes = items.reduce<number>((total, item) => total + sizeOf(item) + itemOverhead, 0);
  if (bytes <= largest) return;
  throw new CacheError(
    'TOO_LARGE',
    `${name}: \`atomic\` with about ${bytes} bytes is over the limit of ${largest}: use fewer keys, or raise limits.frame on every node`,
  );
}

/** About how many bytes a key, or a pair of a key and an encoded value, takes. */
function sizeOf(part: unknown): number {
  if (part instanceof Encoded) return part.length;
  if (typeof part === 'string') return Buffer.byteLength(part);
  if (typeof part === 'bigint') return part.toString(16).length / 2;
  return Array.isArray(part) ? part.reduce((total: number, each) => total + 1 + sizeOf(each), 0) : 9;
}
