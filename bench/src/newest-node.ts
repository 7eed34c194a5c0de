import { execFileSync } from 'node:child_process';

/** The newest Node.js when this was written; the npm package `node` has its executable. */
const version = '26.10.0';

/** An executable of Node.js, and how cases name it. */
export interface NodeRuntime {
  readonly executable: string;
  readonly name: string;
}

/** The newest Node.js; npm fetches it when it is first asked for. */
export function newestNode(): NodeRuntime {
  const command = ['exec', '--yes', `--package=node@${version}`, '--', 'node', '--print', 'process.execPath'];
  const executable = execFileSync('npm', command, { encoding: 'utf8' }).trim();
  return { executable, name: `Node.js ${version.split('.')[0]}` };
}
