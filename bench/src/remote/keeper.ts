// Keeps a server for as long as whoever asked for it is there: `node keeper.js <command> <argument>...`.
import { spawn } from 'node:child_process';

const [, , command = '', ...args] = process.argv;
const server = spawn(command, args, { stdio: 'ignore' });
server.once('error', ({ message }) => process.send!({ failed: message }));
server.once('spawn', () => process.send!({ pid: server.pid }));
server.once('exit', (code) => process.exit(code ?? 1));
process.once('disconnect', () => server.kill('SIGKILL'));
