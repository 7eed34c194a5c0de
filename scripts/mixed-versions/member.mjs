// A node of one build, which does what its parent asks: `{ call, method, args }` is answered with `{ call, value }` or
// `{ call, error }`. It is run in the tree of its build, so it uses only what has always been there.
import { join } from 'cachex/cluster';

const { id, directory, keys } = JSON.parse(process.argv[2]);
const node = await join({ cluster: 'mixed', directory, id, settle: '10ms', backups: 1, partitions: 64 });
const cache = node.cache('numbers');

/** What was not as it should be. */
const problems = [];
/** The last number of each key that only this node writes. */
const written = new Map();
let reads = 0;
let over = false;

/** A value that says what it belongs to, of the kind of which most are. */
const valueFor = (number) => ({ number, tags: ['of', { some: 'length' }] });

async function check(key, expected) {
  try {
    const value = await cache.get(key);
    if (JSON.stringify(value) !== JSON.stringify(valueFor(expected)))
      problems.push(`${id} read ${JSON.stringify(value)} for ${key}, which is ${expected}`);
  } catch (error) {
    problems.push(`${id} could not read ${key}: ${error.code}: ${error.message}`);
  }
  reads += 1;
}

/** The ways to write a value, in turn. */
const ways = [
  (key, value) => cache.put(key, value),
  (key, value) => cache.getAndUpdate(key, () => value),
  (key, value) => cache.transaction([key, `${key} too`], (tx) => tx.put(key, value)),
  async (key, value) => {
    await cache.take(`${key} too`);
    await cache.putMany([
      [key, value],
      [`${key} too`, value],
    ]);
  },
];

async function write(key) {
  const number = (written.get(key) ?? 0) + 1;
  try {
    await ways[number % ways.length](key, valueFor(number));
    written.set(key, number);
  } catch (error) {
    problems.push(`${id} could not write ${key}: ${error.code}: ${error.message}`);
  }
  await check(key, number);
}

async function work() {
  for (let turn = 0; !over; turn += 1) {
    await Promise.all([write(`${id} ${turn % 16}`), check(turn % keys, turn % keys)]);
    // A node that is alone answers itself without a pause.
    await new Promise(setImmediate);
  }
}

/** Every member has opened the cache and holds its share, and has its copies. */
function settled(members) {
  const status = node.status();
  const opened = status.members.every((member) => member.opened.includes('numbers'));
  return status.members.length === members && opened && status.moving === 0 && status.underReplicated === 0;
}

let working = Promise.resolve();
const methods = {
  async fill() {
    for (let key = 0; key < keys; key += 1) await cache.put(key, valueFor(key));
  },
  async settled(members) {
    while (!settled(members)) await new Promise((resolve) => setTimeout(resolve, 10));
  },
  work() {
    working = work();
  },
  async rest() {
    over = true;
    await working;
    return { reads, problems };
  },
  /** What nobody changes is there. */
  async verify() {
    for (let key = 0; key < keys; key += 1) await check(key, key);
    return problems;
  },
  status: () => node.status().members,
  leave: () => node.leave({ within: '20s' }),
};

process.on('message', async ({ call, method, args }) => {
  try {
    process.send({ call, value: await methods[method](...args) });
  } catch (error) {
    process.send({ call, error: error.message });
  }
});
process.once('disconnect', () => process.exit());
process.send({ joined: id });
