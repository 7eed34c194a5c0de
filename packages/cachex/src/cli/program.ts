import type { Key } from '@cachex/router/hash';
import type { ClusterCache, ClusterNode } from '../cluster/index.ts';
import { packageVersion } from '../cluster/package-version.ts';
import { openCache } from './caches.ts';
import type { Command, Given, Session } from './command.ts';
import { commands } from './commands/index.ts';
import { connect, type Environment } from './connect.ts';
import { exitCodes, failureOf } from './failure.ts';
import { commandHelp, programHelp } from './help.ts';
import { Output, type Sink } from './output.ts';
import { parse } from './parse.ts';

/** The process as the program sees it. */
export interface Host {
  readonly words: readonly string[];
  readonly environment: Environment;
  /** The working directory. */
  readonly folder: string;
  readonly out: Sink;
  readonly err: Sink;
  readonly terminal: boolean;
  readonly watched: number | undefined;
  readonly columns: number;
  /** Aborts when the user wants the program to end. */
  readonly signal: AbortSignal;
  /** All of the standard input. */
  input(): Promise<string>;
}

/** Runs the program, and answers with its exit code. It leaves the cluster that it has joined, however it ends. */
export async function run(host: Host): Promise<number> {
  const { words, out, err, terminal, watched, columns, environment, signal } = host;
  const json = words.includes('--json');
  const colors = terminal && environment.NO_COLOR === undefined && !json;
  const output = new Output({ out, err, json, terminal, watched, columns, colors });
  try {
    const request = parse(words, commands);
    if (request.kind === 'version') {
      const version = packageVersion();
      output.result({ version }, () => version);
      return exitCodes.done;
    }
    if (request.kind === 'help') {
      const { command } = request;
      const lines = command === undefined ? programHelp(commands) : commandHelp(command);
      output.result({ help: lines.join('\n') }, () => lines);
      return exitCodes.done;
    }
    return await perform(request.command, request.given, output, host);
  } catch (error) {
    if (signal.aborted) return exitCodes.interrupted;
    const failure = failureOf(error);
    output.failure(failure);
    return failure.exitCode;
  }
}

async function perform(command: Command, given: Given, output: Output, host: Host): Promise<number> {
  let joining: Promise<ClusterNode> | undefined;
  const caches = new Map<string, ClusterCache<Key, unknown>>();
  const timeout = given.duration('timeout', 5_000);
  const session: Session = {
    output,
    environment: host.environment,
    signal: host.signal,
    timeout,
    connect() {
      joining ??= connect(given, host.environment, host.folder);
      return joining;
    },
    async cache(name) {
      const node = await session.connect();
      const cache = caches.get(name) ?? openCache(node, name);
      caches.set(name, cache);
      return cache;
    },
    async others() {
      const node = await session.connect();
      return node.nodes().flatMap(({ id }) => (id === node.id ? [] : [id]));
    },
    async vitals(ids) {
      const node = await session.connect();
      const asked = ids.map(async (id) => [id, await node.vitals({ node: id, timeout })] as const);
      const answers = await Promise.allSettled(asked);
      return new Map(answers.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : [])));
    },
    input: () => host.input(),
  };
  try {
    return (await command.run(given, session)) ?? exitCodes.done;
  } finally {
    // Who could not join has nothing to leave.
    const node = await joining?.catch(() => undefined);
    await node?.leave({ within: 0 });
  }
}
