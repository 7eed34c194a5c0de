import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { describeNats, NatsServer } from '../../../packages/router/test/nats-server.ts';

const program = fileURLToPath(new URL('../dist/main.js', import.meta.url));

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

describeNats('the example for Kubernetes', () => {
  let nats: NatsServer;
  const children: ChildProcess[] = [];
  beforeEach(async () => {
    nats = await NatsServer.start();
  });
  afterEach(async () => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    await nats.remove();
  });

  async function start(name: string): Promise<{ child: ChildProcess; url: string; ready: Promise<void> }> {
    const port = await freePort();
    const env = {
      POD_NAME: name,
      POD_IP: '127.0.0.1',
      SECRET: 'at least sixteen bytes, the same everywhere',
      NATS: nats.url,
      PORT: String(port),
      CACHE_PORT: String(await freePort()),
    };
    const child = spawn(process.execPath, [program], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.push(child);
    const line = once(createInterface({ input: child.stdout! }), 'line');
    const ready = line.then(([text]) => expect(text).toBe(`${name} is ready`));
    return { child, url: `http://127.0.0.1:${port}`, ready };
  }

  it('shares its cache, says when it is ready, and hands over what it has when it is told to stop', async () => {
    const [one, two] = await Promise.all([start('users-1'), start('users-2')]);
    await Promise.all([one.ready, two.ready]);
    expect((await fetch(`${one.url}/readyz`)).status).toBe(200);
    const ids = Array.from({ length: 20 }, (_, n) => `user-${n}`);
    for (const id of ids) {
      const { status } = await fetch(`${one.url}/users/${id}`, { method: 'PUT', body: `I am ${id}` });
      expect(status).toBe(204);
    }
    const ended = once(one.child, 'exit');
    one.child.kill('SIGTERM');
    for (const id of ids) expect(await (await fetch(`${two.url}/users/${id}`)).text()).toBe(`I am ${id}`);
    expect(await ended).toEqual([null, 'SIGTERM']);
    for (const id of ids) expect(await (await fetch(`${two.url}/users/${id}`)).text()).toBe(`I am ${id}`);
    expect((await fetch(`${two.url}/users/nobody`)).status).toBe(404);
  });

  it('has a configuration for NATS that NATS accepts', async () => {
    const manifests = await readFile(new URL('../manifests/nats.yaml', import.meta.url), 'utf8');
    const { data } = parseAllDocuments(manifests)[0]!.toJS();
    const folder = await mkdtemp(join(tmpdir(), 'nats-'));
    try {
      const file = join(folder, 'nats.conf');
      // Version 2.10 and later know this one; the manifest says which version it is for.
      await writeFile(file, data['nats.conf'].replace(/^ *sync_interval: always\n/m, ''));
      const env = { ...process.env, POD_NAME: 'nats-0' };
      execFileSync('nats-server', ['-t', '-c', file], { env, stdio: 'pipe' });
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
