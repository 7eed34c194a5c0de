// The process that calls: `node caller.js <candidate> <places as JSON>`, told over IPC what load to put its one candidate under.
import type { Client } from './client.ts';
import { Unavailable } from './client.ts';
import { Data } from './data.ts';
import { drive } from './drive.ts';
import { type Figures, figuresOf } from './figures.ts';
import { atLeast, type Length } from './length.ts';
import type { Load } from './load.ts';
import { remoteCandidateOf } from './peers/index.ts';
import { processorSeconds } from './processor-time.ts';
import { surroundings, watchedOf } from './surroundings.ts';
import { workOf } from './work.ts';

/** What a caller is asked. */
export interface Request {
  readonly load: Load;
  readonly entries: number;
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

/** So many puts at a time fill a candidate. */
const filling = 512;

const datasets = new Map<number, Promise<Data>>();

/** The entries of that size, once they are in the cache. */
function filled(client: Client, { entries, load }: Request): Promise<Data> {
  const known = datasets.get(load.bytes);
  if (known !== undefined) return known;
  const made = fill(client, new Data(entries, load.bytes));
  datasets.set(load.bytes, made);
  return made;
}

async function fill(client: Client, data: Data): Promise<Data> {
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
    await Promise.all(keys.slice(from, from + filling).map(get));
  }
  return data;
}

/** What the code of this process has been compiled for. */
const seen = new Set<string>();

async function measure(client: Client, request: Request): Promise<Figures> {
  const { load } = request;
  const warmUp = atLeast(seen.has(load.operation) ? request.warmUp : request.firstWarmUp);
  seen.add(load.operation);
  const data = await filled(client, request);
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

const [, , name = '', places = ''] = process.argv;
try {
  const client = await (await remoteCandidateOf(name)).open(JSON.parse(places));
  process.on('message', (request) => {
    measure(client, request as Request).then(
      (figures) => answer({ kind: 'figures', figures }),
      (error) => answer(failure(error)),
    );
  });
  answer({ kind: 'ready' });
} catch (error) {
  answer(failure(error));
}
