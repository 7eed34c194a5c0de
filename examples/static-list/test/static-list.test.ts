import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, it } from 'vitest';

const program = fileURLToPath(new URL('../dist/node.js', import.meta.url));
const children: ChildProcess[] = [];
let directory: string | undefined;

afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  if (directory !== undefined) await rm(directory, { recursive: true });
});

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

interface Terminal {
  next(): Promise<string>;
  type(line: string): void;
}

function start(id: string, ports: readonly number[]): Terminal {
  const env = { ...process.env, PORTS: ports.join() };
  const child = spawn(process.execPath, [program, id, directory!], {
    env,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  children.push(child);
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  return {
    next: async () => (await lines.next()).value,
    type: (line) => void child.stdin!.write(`${line}\n`),
  };
}

it('is one cache of three processes, without a server', { timeout: 60_000 }, async () => {
  directory = await mkdtemp(join(tmpdir(), 'list-'));
  const ports = await freePorts(3);
  const [a, b, c] = ['a', 'b', 'c'].map((id) => start(id, ports)) as [Terminal, Terminal, Terminal];
  expect(await Promise.all([a.next(), b.next(), c.next()])).toEqual([
    'a is ready',
    'b is ready',
    'c is ready',
  ]);
  a.type('ada 36');
  expect(await a.next()).toMatch(/^a: ada is 36, owned by [abc]$/);
  c.type('ada');
  expect(await c.next()).toMatch(/^c: ada is 36, owned by [abc]$/);
});
