import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, release, totalmem, type } from 'node:os';

/** Where results were measured, and of what. */
export interface Origin {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly os: string;
  readonly node: string;
  /** Of each package that is measured, and of the servers that are installed. */
  readonly versions: Readonly<Record<string, string>>;
}

/** This machine, this Node.js and the pinned versions of peers. */
export function originHere(): Origin {
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    os: `${type()} ${release()}`,
    node: process.version,
    versions: { ...pinned(manifest.dependencies), ...servers() },
  };
}

/** Of a package under another name, so that two versions of it can be measured, the version alone. */
export function pinned(dependencies: Readonly<Record<string, string>>): Record<string, string> {
  const entries = Object.entries(dependencies);
  return Object.fromEntries(entries.map(([name, version]) => [name, version.replace(/^npm:.+@/, '')]));
}

function servers(): Record<string, string> {
  const answers = ['redis-server', 'nats-server'].map((name) => {
    const { stdout } = spawnSync(name, ['--version'], { encoding: 'utf8' });
    return [name, /\d+\.\d+\.\d+/.exec(stdout ?? '')?.[0]] as const;
  });
  return Object.fromEntries(answers.filter((answer): answer is [string, string] => answer[1] !== undefined));
}
