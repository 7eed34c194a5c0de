import { Coverage } from './coverage.ts';
import { memory, mostMemory, mostSteps, Prototypes, usualSteps } from './guards.ts';
import { Dice, mutate } from './mutate.ts';
import { Flaw, isRefusal, type Target } from './target.ts';

export interface FuzzOptions {
  readonly seed: number;
  /** Asked after each batch. */
  goesOn(inputs: number): boolean;
  /** Told of each input before it is tried, so that one that never comes back is known. */
  tries(input: Buffer): void;
}

export interface Tried {
  readonly target: string;
  readonly inputs: number;
  readonly bytes: number;
  /** Blocks of code that ran. */
  readonly blocks: number;
  /** Inputs that ran code that none before had. */
  readonly corpus: number;
  readonly refused: number;
  readonly finding?: Finding;
}

export interface Finding {
  readonly problem: string;
  readonly input: Buffer;
}

/** So many inputs are tried before what has run is looked at, which takes longer than they do. */
const batch = 512;

/** Tries inputs that it makes of others, and keeps those that run code that none before has. */
export async function fuzz(target: Target, options: FuzzOptions): Promise<Tried> {
  const dice = new Dice(options.seed);
  const coverage = new Coverage();
  const prototypes = new Prototypes();
  const seeds = await target.seeds();
  const corpus = [...seeds];
  let [inputs, bytes, refused] = [0, 0, 0];
  let finding: Finding | undefined;

  /** Tries one input; answers what is wrong with how that went. */
  const attempt = async (input: Buffer): Promise<string | undefined> => {
    options.tries(input);
    inputs += 1;
    bytes += input.length;
    const before = memory();
    try {
      await target.run(Buffer.from(input));
    } catch (error) {
      if (!isRefusal(error)) return (error as Error)?.stack ?? String(error);
      refused += 1;
    }
    const taken = memory() - before;
    return taken > mostMemory(input.length)
      ? `${input.length} bytes took ${taken} bytes of memory`
      : undefined;
  };

  /** Tries some inputs, and then ever fewer of them, to find those that ran something new, or too much. */
  const round = async (tried: readonly Buffer[]): Promise<Finding | undefined> => {
    for (const input of tried) {
      const problem = await attempt(input);
      if (problem !== undefined) return { problem, input };
    }
    const alone = tried.length === 1;
    const { fresh, steps } = coverage.look(alone);
    const bounded = steps <= tried.reduce((sum, { length }) => sum + usualSteps(length), 0);
    if (fresh === 0 && bounded) return undefined;
    if (!alone) {
      const middle = tried.length >> 1;
      return (await round(tried.slice(0, middle))) ?? (await round(tried.slice(middle)));
    }
    const [input] = tried as readonly [Buffer];
    if (steps > mostSteps(input.length))
      return { problem: `${input.length} bytes took ${steps} steps`, input };
    if (fresh > 0) corpus.push(input);
    return undefined;
  };

  for (const input of seeds) {
    try {
      await target.run(Buffer.from(input));
    } catch (error) {
      finding = { problem: `bytes of the product are refused: ${(error as Error).stack}`, input };
    }
  }
  coverage.look(true);
  while (finding === undefined && options.goesOn(inputs)) {
    finding = await round(Array.from({ length: batch }, () => mutate(dice.pick(corpus), dice, corpus)));
    try {
      prototypes.check();
    } catch (error) {
      if (!(error instanceof Flaw)) throw error;
      finding ??= { problem: error.message, input: Buffer.alloc(0) };
    }
  }
  const { blocks } = coverage;
  coverage.close();
  return {
    target: target.name,
    inputs,
    bytes,
    blocks,
    corpus: corpus.length - seeds.length,
    refused,
    ...(finding === undefined ? {} : { finding }),
  };
}
