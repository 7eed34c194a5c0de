import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const count = 20_000;
const visits = 5;
let directory: string;
const children: ChildProcess[] = [];

beforeEach(async () => {
  directory = await mkdtemp(joinPath(tmpdir(), 'churn-'));
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await rm(directory, { recursive: true, force: true });
});

function start(fixture: string, options: object): ChildProcess {
  const path = fileURLToPath(new URL(`fixtures/${fixture}.mjs`, import.meta.url));
  const child = fork(path, [JSON.stringify({ directory, ...options })], { execArgv: [] });
  children.push(child);
  return child;
}

/** What a child says next; rejects if it ends instead. */
async function next<T>(child: ChildProcess): Promise<T> {
  const ended = new AbortController();
  try {
    const gone = once(child, 'disconnect', { signal: ended.signal }).then(() => {
      throw new Error('a process ended early');
    });
    const [message] = await Promise.race([once(child, 'message', { signal: ended.signal }), gone]);
    return message as T;
  } finally {
    ended.abort();
  }
}

async function tell<T>(child: ChildProcess, task: string): Promise<T> {
  const answer = next<T>(child);
  child.send(task);
  return answer;
}

interface Found {
  reads: number;
  misses: number;
  stale: number;
  errors: number;
  sizes: number;
  wrongSizes: number;
  complaints: string[];
}

describe('two processes that read 20,000 keys while a third joins and leaves five times', () => {
  it('meet no miss, nothing stale and no error, and always count every key', {
    timeout: 120_000,
  }, async () => {
    const a = start('reader', { id: 'a', count });
    await next(a);
    const b = start('reader', { id: 'b', count });
    await next(b);
    await tell(a, 'fill');
    await Promise.all([tell(a, 'read'), tell(b, 'read')]);
    const report = await next<{ share: number; moved: number; lost: number }[]>(start('visitor', { visits }));
    // Each visit was one in earnest: the visitor held entries, and handed all of them back.
    expect(report).toHaveLength(visits);
    for (const { share, moved, lost } of report) {
      expect(share).toBeGreaterThan(count / 6);
      expect(moved).toBeGreaterThan(1_000);
      expect(lost).toBe(0);
    }
    for (const found of await Promise.all([tell<Found>(a, 'stop'), tell<Found>(b, 'stop')])) {
      expect(found).toMatchObject({ misses: 0, stale: 0, errors: 0, wrongSizes: 0, complaints: [] });
      expect(found.reads).toBeGreaterThan(10_000);
      expect(found.sizes).toBeGreaterThan(5);
    }
    const ended = [once(a, 'disconnect'), once(b, 'disconnect')];
    a.send('close');
    b.send('close');
    await Promise.all(ended);
  });
});
