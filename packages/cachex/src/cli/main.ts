#!/usr/bin/env node
import { text } from 'node:stream/consumers';
import { run } from './program.ts';

const ending = new AbortController();

// Once: who asks again wants it to end at once.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => ending.abort());

// Whoever reads the output may have had enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  ending.abort();
});

// What it waits for need not keep a process alive; it ends when it has an exit code.
const alive = setInterval(() => {}, 2 ** 30);

const drawable = ({ isTTY }: NodeJS.WriteStream): boolean => isTTY === true && process.env.TERM !== 'dumb';
const terminal = drawable(process.stdout);

void run({
  words: process.argv.slice(2),
  environment: process.env,
  folder: process.cwd(),
  out: process.stdout,
  err: process.stderr,
  terminal,
  watched: drawable(process.stderr) ? process.stderr.columns : undefined,
  columns: terminal ? process.stdout.columns : 80,
  signal: ending.signal,
  input: () => text(process.stdin),
}).then((code) => {
  process.exitCode = code;
  clearInterval(alive);
});
