// Keeps a server for as long as whoever asked for it is there: `node keeper.js <command> <argument>...`.
import { spawn } from 'node:child_process';
import type { Started } from './helper.ts';

const [, , command = '', ...args] = process.argv;
const server = spawn(command, args, { stdio: 'ignore' });
const tell = (message: Started): void => void process.send!(message);
server.once('error', ({ message }) => tell({ failed: message }));
server.once('spawn', () => tell({ pid: server.pid! }));
server.once('exit', (code) => process.exit(code ?? 1));
process.once('disconnect', () => server.kill('SIGKILL'));
