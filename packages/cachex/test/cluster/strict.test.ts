import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keyOf, Simulation } from './simulation.ts';

class User {
  readonly name = 'Ada';
}

let simulation: Simulation;
beforeEach(() => {
  simulation = new Simulation();
});
afterEach(() => simulation.close());

const settings = {
  functions: { load: () => ({ go: () => {} }), spoil: () => new User() },
  commands: {
    give: { type: 'read', execute: () => Symbol('secret') },
    keep: { type: 'write', execute: () => [1, { go: () => {} }] },
    later: { type: 'write', execute: async () => [1, 2] },
  },
} as object;

type Loose = Record<string, (...args: unknown[]) => Promise<unknown>>;

const bad: [what: string, name: string, args: (key: string) => unknown[], code: string][] = [
  ['a value with a function in it', 'put', (key) => [key, { go: () => {} }], 'NOT_SERIALIZABLE'],
  ['a class instance', 'put', (key) => [key, new User()], 'NOT_SERIALIZABLE'],
  ['a promise', 'add', (key) => [key, Promise.resolve(1)], 'NOT_SERIALIZABLE'],
  ['a WeakMap', 'update', (key) => [key, new WeakMap()], 'NOT_SERIALIZABLE'],
  ['a symbol among many values', 'putMany', (key) => [[[key, Symbol('x')]]], 'NOT_SERIALIZABLE'],
  ['a closure that loads what cannot be sent', 'fetch', (key) => [key, () => new User()], 'NOT_SERIALIZABLE'],
  ['a closure for update', 'update', (key) => [key, () => 1], 'NOT_SERIALIZABLE'],
  ['a closure for getAndUpdate', 'getAndUpdate', (key) => [key, () => 1], 'NOT_SERIALIZABLE'],
  ['a loader that is not registered', 'fetch', (key) => [key, 'lod'], 'UNKNOWN_FUNCTION'],
  ['an updater that is not registered', 'getAndUpdate', (key) => [key, 'spol'], 'UNKNOWN_FUNCTION'],
  ['a command that is not registered', 'invoke', (key) => ['giv', key], 'UNKNOWN_COMMAND'],
  ['a result that cannot be sent', 'invoke', (key) => ['give', key], 'NOT_SERIALIZABLE'],
  ['a new value that cannot be sent', 'invoke', (key) => ['keep', key], 'NOT_SERIALIZABLE'],
  ['an argument that cannot be sent', 'invoke', (key) => ['give', key, [() => 1]], 'NOT_SERIALIZABLE'],
  ['an asynchronous command', 'invoke', (key) => ['later', key], 'INVALID_OPTION'],
  ['a loaded value that cannot be sent', 'fetch', (key) => [key, 'load'], 'NOT_SERIALIZABLE'],
  ['an updated value that cannot be sent', 'getAndUpdate', (key) => [key, 'spoil'], 'NOT_SERIALIZABLE'],
  ['an object for a key', 'get', () => [{ id: 1 }], 'INVALID_KEY'],
];

describe('what would fail between nodes', () => {
  it('fails on one strict node, and at every node of many, with the same code', async () => {
    const alone = new Simulation();
    const strict = await alone.join('a', { strict: true });
    const nodes = await simulation.joinAll('a', 'b');
    const one = strict.cache('users', settings) as unknown as Loose;
    const many = nodes.map((node) => node.cache('users', settings) as unknown as Loose);
    await simulation.advance(100);
    await alone.advance(100);
    for (const [what, name, args, code] of bad) {
      await expect(alone.run(one[name]!(...args('ada'))), what).rejects.toMatchObject({ code });
      for (const cache of many) {
        for (const owner of ['a', 'b']) {
          const call = cache[name]!(...args(keyOf(nodes[0]!, owner)));
          await expect(simulation.run(call), `${what}, at ${owner}`).rejects.toMatchObject({ code });
        }
      }
    }
    await alone.close();
  });
});
