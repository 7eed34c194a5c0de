// The process that calls: `node caller.js <candidate> <setting as JSON>` fills its one candidate, and is then told over IPC what
// load to put it under.
import { type Client, Unavailable } from './client.ts';
import { Data } from './data.ts';
import { drive } from './drive.ts';
import { type Figures, figuresOf } from './figures.ts';
import { atLeast, type Length } from './length.ts';
import type { Load } from './load.ts';
import { remoteCandidateOf } from './peers/index.ts';
import type { Places } from './places.ts';
import { processorSeconds } from './processor-time.ts';
import { surroundings, watchedOf } from './surroundings.ts';
import { workOf } from './work.ts';

/** What a caller finds. */
export interface Setting {
  readonly places: Places;
  readonly entries: number;
  /** About how many bytes values take: there are as many entries of each size. */
  readonly sizes: readonly number[];
}

/** What a caller is asked. */
export interface Request {
  readonly load: Load;
  /** For how long it does not count, the first time and then; and for how long it does. */
  readonly firstWarmUp: Length;
  readonly warmUp: Length;
  readonly timed: Length;
}

/** What it answers; the first answer, to no request, says whether it is ready. */
export type Answer =
  | { readonly kind: 'ready' }
  | { readonly kind: 'figures'; readonly figures: Figures }
  | { readonly kind: 'unavailable' | 'failed'; readonly message: string };

/** So many puts at a time fill a candidate: a message of NATS may be a megabyte. */
const filling = 256;

async function fill(client: Client, data: Data): Promise<void> {
  const { keys, values, size } = data;
  const { get, put, putMany, primed } = client;
  const putAll = putMany ?? ((entries) => Promise.all(entries.map(([key, value]) => put(key, value))));
  // Others have filled the same server before.
  if (!data.isValue(size - 1, await get(keys[size - 1]!))) {
    for (let from = 0; from < size; from += filling) {
      await putAll(keys.slice(from, from + filling).map((key, n) => [key, values[from + n]!] as const));
    }
  }
  for (let from = 0; primed === true && from < size; from += filling) {
    await Promise.all(keys.slice(from, from + filling).map((key) => get(key)));
  }
}

/** What the code of this process has been compiled for. */
const seen = new Set<string>();

async function measure(client: Client, data: Data, request: Request): Promise<Figures> {
  const { load } = request;
  const warmUp = atLeast(seen.has(load.operation) ? request.warmUp : request.firstWarmUp);
  seen.add(load.operation);
  const pids = [process.pid, ...client.pids];
  const marks: (number | undefined)[] = [];
  const driven = await drive({
    ...workOf(load, client, data),
    ...{ warmUp, timed: atLeast(request.timed), inFlight: load.inFlight },
    ...surroundings,
    watched: client.inProcess === true ? 0 : watchedOf(load.inFlight),
    mark: () => marks.push(processorSeconds(pids)),
  });
  const [before, after] = marks;
  return figuresOf(driven, before === undefined || after === undefined ? undefined : after - before);
}

const answer = (message: Answer): void => void process.send!(message);
const failure = (error: unknown): Answer =>
  error instanceof Unavailable
    ? { kind: 'unavailable', message: error.message }
    : { kind: 'failed', message: error instanceof Error ? (error.stack ?? error.message) : String(error) };

// Whoever started this is gone.
process.on('disconnect', () => process.exit());

const [, , name = '', setting = ''] = process.argv;
try {
  const { places, entries, sizes }: Setting = JSON.parse(setting);
  const candidate = await remoteCandidateOf(name);
  const client = await candidate.open(places);
  const data = new Map(
    sizes.map((bytes) => [bytes, new Data(Math.min(entries, candidate.entries ?? entries), bytes)]),
  );
  for (const one of data.values()) await fill(client, one);
  process.on('message', (request: Request) => {
    measure(client, data.get(request.load.bytes)!, request).then(
      (figures) => answer({ kind: 'figures', figures }),
      (error) => answer(failure(error)),
    );
  });
  answer({ kind: 'ready' });
} catch (error) {
  answer(failure(error));
}
