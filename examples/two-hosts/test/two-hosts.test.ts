import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { describeNats, NatsServer } from '../../../packages/router/test/nats-server.ts';

const program = fileURLToPath(new URL('../dist/node.js', import.meta.url));

describeNats('the example of two hosts', () => {
  let server: NatsServer;
  const children: ChildProcess[] = [];
  beforeEach(async () => {
    server = await NatsServer.start();
  });
  afterEach(async () => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    await server.remove();
  });

  function start(id: string): { child: ChildProcess; next(): Promise<string>; type(line: string): void } {
    const secret = 'at least sixteen bytes, the same everywhere';
    const place = { ID: id, NATS: server.url, LISTEN: 'tls://127.0.0.1:0', SECRET: secret };
    const child = spawn(process.execPath, [program], {
      env: { ...process.env, ...place },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    children.push(child);
    const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
    return {
      child,
      next: async () => (await lines.next()).value,
      type: (line) => void child.stdin!.write(`${line}\n`),
    };
  }

  it('is one cache, also without the NATS server, and loses nothing with a process that is told to stop', {
    timeout: 60_000,
  }, async () => {
    const one = start('one');
    expect(await one.next()).toBe('one is ready');
    const two = start('two');
    expect(await two.next()).toBe('two is ready');
    one.type('ada 36');
    expect(await one.next()).toMatch(/^one: ada is 36, owned by (one|two)$/);
    await server.kill();
    two.type('ada');
    expect(await two.next()).toMatch(/^two: ada is 36, owned by (one|two)$/);
    await server.restart();
    const ended = once(one.child, 'exit');
    one.child.kill('SIGTERM');
    await ended;
    two.type('ada');
    expect(await two.next()).toBe('two: ada is 36, owned by two');
  });
});
