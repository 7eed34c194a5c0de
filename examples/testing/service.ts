import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type IncomingHttpHeaders, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A program that runs, and listens. */
export interface Service extends AsyncDisposable {
  readonly url: string;
  /** What it has printed so far. */
  readonly lines: readonly string[];
  /** Tells it to stop; answers the code with which it ended. */
  stop(): Promise<number | null>;
}

/** Starts a program at a free port, and waits until it says where it is listening. */
export async function service(program: URL, env: Record<string, string> = {}): Promise<Service> {
  const own = env.DIRECTORY === undefined ? await mkdtemp(join(tmpdir(), 'cachex-')) : undefined;
  const child: ChildProcess = spawn(process.execPath, [fileURLToPath(program), '0'], {
    env: { ...process.env, ...(own === undefined ? {} : { DIRECTORY: own }), ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit') as Promise<[code: number | null]>;
  const lines: string[] = [];
  const url = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout! }).on('line', (line) => {
      lines.push(line);
      const [, found] = /^listening at (.*)$/.exec(line) ?? [];
      if (found !== undefined) resolve(found);
    });
    ended.then(() => reject(new Error(`it ended before it was listening: ${lines.join('\n')}`)), reject);
  });
  const stop = async (): Promise<number | null> => {
    child.kill('SIGTERM');
    const [code] = await ended;
    return code;
  };
  return {
    url,
    lines,
    stop,
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) await stop();
      if (own !== undefined) await rm(own, { recursive: true });
    },
  };
}

/** What a service has answered; its body is JSON, if it is. */
export interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
}

/** One request over a connection of its own. */
export async function ask(
  url: string,
  {
    method = 'GET',
    headers = {},
    body,
  }: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Answer> {
  const sent = request(url, { method, headers, agent: false }).end(body);
  const [response] = await once(sent, 'response');
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += chunk;
  return { status: response.statusCode, headers: response.headers, body: parsed(text) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
