import { getRandomValues } from 'node:crypto';

/** A source of numbers in [0, 1). Handed in, so that a seed replays a run. */
export type Random = () => number;

const word = new Uint32Array(1);

/** Unpredictable numbers from the operating system: ids and births must not collide between processes. */
export const systemRandom: Random = () => {
  getRandomValues(word);
  return word[0]! / 2 ** 32;
};

const alphabet = '0123456789abcdefghijklmnopqrstuvwxyz';

/** A random name of `length` characters, safe in file names and subjects. */
export function randomName(random: Random, length: number): string {
  let name = '';
  while (name.length < length) name += alphabet[Math.floor(random() * alphabet.length)];
  return name;
}
