import { describe, expect, it } from 'vitest';
import { fuzz } from '../src/fuzz/fuzzer.ts';
import { Dice, longestInput, mutate } from '../src/fuzz/mutate.ts';
import { Flaw, type Target } from '../src/fuzz/target.ts';
import { targets } from '../src/fuzz/targets/index.ts';

function searched(run: (bytes: Buffer) => unknown): Promise<string | undefined> {
  const target: Target = { name: 'test', seeds: () => [Buffer.from('seed')], run };
  const options = { seed: 1, goesOn: (inputs: number) => inputs < 20_000, tries: () => {} };
  return fuzz(target, options).then(({ finding }) => finding?.problem);
}

describe('the fuzzer', () => {
  it('makes the same inputs of the same seed, none of them too long', () => {
    const made = (): string[] => {
      const dice = new Dice(7);
      const seeds = [Buffer.from('{"a":[1,2,3]}'), Buffer.alloc(longestInput, 1)];
      return Array.from({ length: 300 }, () => mutate(dice.pick(seeds), dice, seeds).toString('hex'));
    };
    const inputs = made();
    expect(made()).toEqual(inputs);
    expect(new Set(inputs).size).toBeGreaterThan(200);
    for (const input of inputs) expect(input.length).toBeLessThanOrEqual(2 * longestInput);
  });

  it('takes refusals, and finds what throws anything else', async () => {
    const refuse = (): never => {
      throw new RangeError('no');
    };
    expect(await searched(refuse)).toMatch(/bytes of the product are refused/);
    const after = (bytes: Buffer): unknown => (bytes.toString() === 'seed' ? undefined : refuse());
    expect(await searched(after)).toBeUndefined();
    const careless = (bytes: Buffer): void => {
      if (bytes[0] === 0xff) throw new TypeError('careless');
    };
    expect(await searched(careless)).toMatch(/careless/);
  });

  it('finds what takes memory that was merely claimed', async () => {
    const kept: Buffer[] = [];
    const claimed = (bytes: Buffer): void => {
      if (bytes.length >= 4 && bytes.readUInt32BE() > 2 ** 31) kept.push(Buffer.alloc(64 * 1024 * 1024));
    };
    expect(await searched(claimed)).toMatch(/bytes of memory/);
  });

  it('finds what changes a prototype', async () => {
    const polluted = Object.prototype as { polluted?: boolean };
    try {
      const pollute = (bytes: Buffer): void => {
        if (bytes.length > 4) polluted.polluted = true;
      };
      expect(await searched(pollute)).toBe('a prototype was changed');
    } finally {
      delete polluted.polluted;
    }
  });

  it('finds what a target itself judges to be wrong', async () => {
    const judge = (bytes: Buffer): void => {
      if (bytes.length === 0) throw new Flaw('nothing is wrong');
    };
    expect(await searched(judge)).toMatch(/nothing is wrong/);
  });
});

it.each(targets)('$name takes what the product writes, and some inputs that nobody wrote', async (target) => {
  const { finding, inputs } = await fuzz(target, {
    seed: 1,
    goesOn: (tried) => tried < 256,
    tries: () => {},
  });
  expect(finding).toBeUndefined();
  expect(inputs).toBeGreaterThanOrEqual(256);
});
