// Runs nodes of this build beside nodes of earlier ones, in one cluster of processes: a rolling deploy, a way back, and a
// process that is killed, all under load. Nothing may be missed, stale or fail. A build that speaks no version of the wire that
// this one speaks must be refused, with a reason. What is given are commits; without any, the previous one and the last that
// knew only version 3. What git does not know is said and left out.
import assert from 'node:assert/strict';
import { execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { protocols } from '../../packages/router/dist/handshake.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const member = 'scripts/mixed-versions/member.mjs';
const lastOfVersion3 = '1a6e5df6d1bd';

/** How long a process may take to answer, in ms. */
const patience = 120_000;

/** How many keys nobody changes. */
const keys = 256;

const place = mkdtempSync(join(tmpdir(), 'mixed-'));
const processes = new Set();

/** The commit of that name, or `undefined` where git or the commit is not there. */
function resolve(name) {
  try {
    const options = { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] };
    return execFileSync('git', ['rev-parse', '--verify', `${name}^{commit}`], options).trim();
  } catch {
    return undefined;
  }
}

/** Builds the packages of a commit in a tree of its own, with the dependencies that are installed here. */
function build(commit) {
  const tree = join(place, commit);
  mkdirSync(tree);
  const archive = execFileSync('git', ['archive', commit, 'tsconfig.base.json', 'packages'], {
    cwd: root,
    maxBuffer: 2 ** 30,
  });
  execFileSync('tar', ['-x', '-C', tree], { input: archive });
  const modules = join(tree, 'node_modules');
  mkdirSync(join(modules, '@cachex'), { recursive: true });
  for (const name of readdirSync(join(root, 'node_modules'))) {
    if (name !== '@cachex' && name !== 'cachex')
      symlinkSync(join(root, 'node_modules', name), join(modules, name));
  }
  symlinkSync(join(tree, 'packages/cachex'), join(modules, 'cachex'));
  symlinkSync(join(tree, 'packages/router'), join(modules, '@cachex/router'));
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  execFileSync(process.execPath, [compiler, '--build', 'packages/cachex'], { cwd: tree, stdio: 'inherit' });
  mkdirSync(join(tree, 'scripts/mixed-versions'), { recursive: true });
  copyFileSync(join(root, member), join(tree, member));
  return tree;
}

/** A node in a process of its own. */
class Member {
  #waiting = new Map();
  #calls = 0;

  constructor(tree, id, directory, stderr = 'inherit') {
    this.id = id;
    const stdio = ['ignore', 'inherit', stderr, 'ipc'];
    this.child = fork(join(tree, member), [JSON.stringify({ id, directory, keys })], { execArgv: [], stdio });
    processes.add(this.child);
    this.child.once('exit', () => {
      processes.delete(this.child);
      for (const { reject } of this.#waiting.values()) reject(new Error(`${id} has ended`));
    });
    this.child.on('message', ({ call = 0, value, error }) => {
      const { resolve, reject } = this.#waiting.get(call);
      this.#waiting.delete(call);
      if (error === undefined) resolve(value);
      else reject(new Error(`${id}: ${error}`));
    });
    this.joined = this.#answer(0);
  }

  do(method, ...args) {
    this.#calls += 1;
    this.child.send({ call: this.#calls, method, args });
    return this.#answer(this.#calls);
  }

  async kill() {
    const exited = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await exited;
  }

  #answer(call) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${this.id} does not answer`)), patience);
      const settle = (how) => (what) => {
        clearTimeout(timer);
        how(what);
      };
      this.#waiting.set(call, { resolve: settle(resolve), reject: settle(reject) });
    });
  }
}

/** The newest version of the wire that the build in a tree speaks. */
function newestOf(tree) {
  const source = readFileSync(join(tree, 'packages/router/src/handshake.ts'), 'utf8');
  return Number(/protocolVersion = (\d+)|newest: (\d+)/.exec(source)?.slice(1).find(Boolean));
}

/** A node of this build is refused by one that speaks none of its versions, and says why. */
async function tryToJoin(older, directory) {
  mkdirSync(directory, { mode: 0o700 });
  const there = new Member(older, 'a', directory);
  await there.joined;
  const here = new Member(root, 'b', directory, 'pipe');
  let said = '';
  here.child.stderr.on('data', (text) => {
    said += text;
  });
  await assert.rejects(here.joined, /b has ended/);
  assert.match(said, /upgrade the older node/);
  await there.kill();
  rmSync(directory, { recursive: true });
}

async function tryWith(commit) {
  const [older, newer] = [build(commit), root];
  const newest = newestOf(older);
  if (newest < protocols.oldest) {
    await tryToJoin(older, join(place, 'd'));
    console.log(
      `${commit}: version ${newest} of the wire is not spoken any more, and refused with the reason`,
    );
    return;
  }
  const directory = join(place, 'd');
  mkdirSync(directory, { mode: 0o700 });
  const members = [];
  let reads = 0;
  const settle = () => Promise.all(members.map((each) => each.do('settled', members.length)));
  const enter = async (tree, id) => {
    const entered = new Member(tree, id, directory);
    await entered.joined;
    members.push(entered);
    if (members.length === 1) await entered.do('fill');
    await settle();
    await entered.do('work');
    return entered;
  };
  const rest = async (one) => {
    const seen = await one.do('rest');
    assert.deepEqual(seen.problems, []);
    assert.ok(seen.reads > 0);
    reads += seen.reads;
  };
  const leave = async (one) => {
    await rest(one);
    members.splice(members.indexOf(one), 1);
    assert.equal((await one.do('leave')).lost, 0);
    one.child.disconnect();
    await settle();
  };

  const [a, b] = [await enter(older, 'a'), await enter(older, 'b')];
  const c = await enter(newer, 'c');
  const links = (await c.do('status')).filter(({ id }) => id !== 'c').map(({ protocol }) => protocol);
  await leave(a);
  const d = await enter(newer, 'd');
  await leave(b);
  // A way back, and a death in a mixed cluster.
  const e = await enter(older, 'e');
  await leave(c);
  const f = await enter(older, 'f');
  await rest(e);
  members.splice(members.indexOf(e), 1);
  await e.kill();
  await settle();
  for (const one of members) assert.deepEqual(await one.do('verify'), []);
  const g = await enter(newer, 'g');
  for (const one of [f, d, g]) await rest(one);
  await Promise.all([f, d, g].map((one) => one.kill()));
  rmSync(directory, { recursive: true });
  console.log(`${commit}: version ${links.join(' and ')} of the wire; ${reads} reads, each of them right`);
}

const names = process.argv.length > 2 ? process.argv.slice(2) : [lastOfVersion3, 'HEAD^'];
const known = new Map(names.map((name) => [name, resolve(name)]));
for (const [name, commit] of known)
  if (commit === undefined) console.log(`${name}: git does not know it here, so nothing was tried with it`);
try {
  for (const commit of new Set(known.values())) if (commit !== undefined) await tryWith(commit);
} finally {
  for (const child of processes) child.kill('SIGKILL');
  rmSync(place, { recursive: true, force: true });
}
